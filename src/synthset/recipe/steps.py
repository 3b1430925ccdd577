"""What drops images: the settings of every step of a selection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from synthset.errors import Problem
from synthset.recipe.entries import check_encoder, check_name, check_reference
from synthset.recipe.settings import KindSettings, Name, OneOf, Settings

if TYPE_CHECKING:
    from synthset.recipe.recipe import Recipe


class Limit(Settings):
    """Bounds on one score; both ends belong to what is kept."""

    min: float | None = None
    """Keep from this value on."""
    max: float | None = None
    """Keep up to this value."""
    equals: str | bool | None = None
    """Keep only this value (for words and yes/no)."""

    @model_validator(mode="after")
    def _says_something(self) -> Limit:
        if self.min is None and self.max is None and "equals" not in self.model_fields_set:
            raise ValueError("needs min, max or equals")
        if self.equals is not None and not self.is_equality:
            raise ValueError("takes either equals, or min and max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(
                f"min {self.min:g} is above max {self.max:g}, so nothing would be kept"
            )
        return self

    @property
    def is_equality(self) -> bool:
        """Whether one value is asked for: `equals: null` counts only where no bound is given, for
        a recipe with its defaults written out has all three."""
        return "equals" in self.model_fields_set and self.min is None and self.max is None


class StepSettings(KindSettings):
    """What all steps share. A new kind is a subclass with a `kind` of its own.

    Its `implementation` is a function of the candidates, these settings, the step's name and a
    `synthset.encoders.feature_reader.FeatureReader`: it drops candidates with reasons, and may
    return what it reached, as a list of mappings.

    Attributes:
        chooses: whether it keeps what is like its references, so that these can't judge what is
            kept, and may be no test images.
    """

    chooses: ClassVar[bool] = False

    @property
    def columns(self) -> Sequence[tuple[str, str]]:
        """Columns of scores that it looks at, each after the setting that names it."""
        return ()

    @property
    def compares(self) -> tuple[str, ...]:
        """Names of the references that it looks at."""
        return ()

    @property
    def hashed_by(self) -> str | None:
        """Name of the perceptual hash by which it compares with references."""
        return None

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """Check what concerns other parts of the recipe.

        Args:
            recipe: the whole.
            where: its place in there, for messages.
        """
        return check_encoder(recipe, where, self.seen_by) if self.seen_by is not None else []


class Limits(StepSettings):
    """Drop an image whose score lies outside its limits."""

    implementation: ClassVar[str] = "synthset.selection.limits:apply_limits"
    version: ClassVar[str] = "1"

    kind: Literal["limits"]
    limits: dict[str, Limit] = Field(min_length=1)
    """Column of a score to its limits, such as `clip_score: {min: 22}`."""

    @property
    def columns(self) -> Sequence[tuple[str, str]]:
        """Those with limits."""
        return [(f"limits.{column}", column) for column in self.limits]


class Duplicates(StepSettings):
    """Keep one of images that show the same: always of those with the same bytes, and of near and
    of alike ones where a radius or an encoder is given.

    What hangs together, also by way of others, is one group, of which one image stays. Images whose
    bytes stand under several labels are no copies: what becomes of them, the source's `conflicts`
    says; all are dropped by default, as at most one label is right.
    """

    implementation: ClassVar[str] = "synthset.selection.duplicates:apply_duplicates"
    version: ClassVar[str] = "1"

    kind: Literal["duplicates"]
    radius: int | None = Field(None, ge=0, le=24)
    """Near copies: perceptual hashes that differ in at most so many of 64 bits, and like colours. 6
    finds recompressed, resized and slightly cropped copies; none compares bytes only."""
    score: Name = "perceptual_hash"
    """Name of a score of kind `perceptual_hash`, for `radius`."""
    encoder: Name | None = None
    """Alike images: name of an encoder in whose features they are compared."""
    similarity: float | None = Field(None, gt=0, le=1)
    """Lowest cosine of alike images, such as 0.95; together with `encoder`."""
    against: tuple[Name, ...] = ()
    """Names of references of kind `images`, such as a test set: copies of their images are dropped
    as well, by the same rules."""
    stays: str = "first"
    """Which of a group stays: the `first` planned, or the highest in this column of a score."""

    @model_validator(mode="after")
    def _encoder_and_similarity(self) -> Duplicates:
        if (self.encoder is None) != (self.similarity is None):
            raise ValueError("needs encoder and similarity together, such as similarity: 0.95")
        return self

    @property
    def columns(self) -> Sequence[tuple[str, str]]:
        """What decides which of a group stays."""
        return [("stays", self.stays)] if self.stays != "first" else ()

    @property
    def compares(self) -> tuple[str, ...]:
        """The references whose copies are dropped."""
        return self.against

    @property
    def hashed_by(self) -> str | None:
        """Its perceptual hash, where near copies are looked for."""
        return self.score if self.radius is not None else None

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """Near copies need a hash, alike ones an encoder, copies of real images those images."""
        problems = super().problems(recipe, where)
        if self.radius is not None:
            hashes = [score.prefix for score in recipe.scores if score.kind == "perceptual_hash"]
            section = "scores of kind perceptual_hash"
            problems += check_name(f"{where}.score", self.score, hashes, section)
        for i, name in enumerate(self.against):
            place = f"{where}.against[{i}]"
            what = "copies are images, and {} holds only their mean and covariance"
            right = "name a reference of kind images"
            problems += check_reference(recipe, place, name, what, right)
        return problems


class Top(StepSettings):
    """Keep the best of each class by one score."""

    implementation: ClassVar[str] = "synthset.selection.quota:apply_top"
    version: ClassVar[str] = "1"

    kind: Literal["top"]
    by: str
    """Column of a score."""
    per_class: int = Field(ge=1)
    """How many to keep of each class."""
    lowest: bool = False
    """Keep the lowest instead of the highest."""

    @property
    def columns(self) -> Sequence[tuple[str, str]]:
        """The one that orders them."""
        return [("by", self.by)]


class Random(StepSettings):
    """Keep a random part of each class: the baseline of every comparison."""

    implementation: ClassVar[str] = "synthset.selection.quota:apply_random"
    version: ClassVar[str] = "1"

    kind: Literal["random"]
    per_class: int = Field(ge=1)
    """How many to keep of each class."""
    seed: int = 0
    """Another seed, another draw."""


class NearestSet(StepSettings):
    """Keep the part of each class that, as a set, lies nearest to real images."""

    implementation: ClassVar[str] = "synthset.selection.nearest_step:apply_nearest_set"
    version: ClassVar[str] = "1"
    chooses: ClassVar[bool] = True

    kind: Literal["nearest_set"]
    encoder: Name
    """Name of an encoder: nearness is in its features."""
    reference: Name
    """Name of a reference. Statistics have no classes: they take `target: all`."""
    per_class: int | None = Field(None, ge=1)
    """How many to keep of each class; either this or `share`."""
    share: float | None = Field(None, gt=0, lt=1)
    """Part of each class to keep, 0 to 1; either this or `per_class`."""
    target: Literal["class", "all", "both"] = "class"
    """What should be near: each class to its own real images, all together to all of them, or
    both."""
    objective: Literal["frechet", "mmd"] = "frechet"
    """What near means: Fréchet distance (mean and covariance; comes with a certified bound), or the
    distance of kernel means."""
    use: float = Field(0.5, gt=0, le=1)
    """Part of the real images that choose, drawn by their content; what was reached is measured on
    the others. 1 leaves nothing to measure on. Without effect on statistics."""
    prefer: dict[str, float] = Field(default_factory=dict)
    """Column of a score to its weight: how much nearness to give up for one unit of its mean, in
    shares of the real images' total variance. 0.1 to 0.5 suits a probability; below 0 prefers low
    scores."""
    directions: int = Field(256, ge=1, le=4096)
    """Leading axes of the real images that are matched one by one; the others by their energy."""
    seed: int = 0
    """Of the blocks that more than 2,048 candidates of a class are dealt to."""

    @model_validator(mode="after")
    def _one_size(self) -> NearestSet:
        if (self.per_class is None) == (self.share is None):
            raise ValueError("needs either per_class or share, such as per_class: 500")
        if self.objective == "mmd" and self.target != "class":
            raise ValueError("objective mmd chooses class by class; set target: class")
        return self

    @property
    def columns(self) -> Sequence[tuple[str, str]]:
        """Those that it prefers by."""
        return [(f"prefer.{column}", column) for column in self.prefer]

    @property
    def compares(self) -> tuple[str, ...]:
        """What it is to be near to."""
        return (self.reference,)

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """It has an encoder, and a reference that fits its target."""
        problems = super().problems(recipe, where)
        place = f"{where}.reference"
        what = f"{{}} is statistics of all classes together, and the target is {self.target!r}"
        right = "set `target: all`, or name a reference of kind images"
        needed = None if self.target == "all" else right
        return problems + check_reference(recipe, place, self.reference, what, needed)

    def count_of(self, candidates: int) -> int:
        """How many of a class's candidates to keep."""
        if self.per_class is not None:
            return min(self.per_class, candidates)
        assert self.share is not None
        return max(round(self.share * candidates), 1)


class Diverse(StepSettings):
    """Keep the part of each class that varies most. It looks at no real image."""

    implementation: ClassVar[str] = "synthset.selection.diverse:apply_diverse"
    version: ClassVar[str] = "1"

    kind: Literal["diverse"]
    encoder: Name
    """Name of an encoder: likeness is in its features."""
    per_class: int = Field(ge=1)
    """How many to keep of each class."""
    method: Literal["k_center", "facility_location"] = "facility_location"
    """`facility_location`: every image has one like it among the kept. `k_center`: the kept are far
    from each other, which prefers odd images."""


SelectionStep = Annotated[StepSettings, OneOf("steps")]
