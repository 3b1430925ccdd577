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
    """Bounds on one score; a value equal to a bound is kept."""

    min: float | None = None
    """Keep this value and above."""
    max: float | None = None
    """Keep this value and below."""
    equals: str | bool | None = None
    """Keep only this value (for text and yes/no)."""

    @model_validator(mode="after")
    def _says_something(self) -> Limit:
        if self.min is None and self.max is None and "equals" not in self.model_fields_set:
            raise ValueError("needs min, max or equals")
        if self.equals is not None and not self.is_equality:
            raise ValueError("takes either equals, or min and max, but not both")
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
    """Drop images whose score is outside its limits."""

    implementation: ClassVar[str] = "synthset.selection.limits:apply_limits"
    version: ClassVar[str] = "1"

    kind: Literal["limits"]
    limits: dict[str, Limit] = Field(min_length=1)
    """Column of a score, and its limits, such as `clip_score: {min: 22}`."""

    @property
    def columns(self) -> Sequence[tuple[str, str]]:
        """Those with limits."""
        return [(f"limits.{column}", column) for column in self.limits]


class Duplicates(StepSettings):
    """Keep one of several images that show the same thing: always of those with the same bytes; of
    near copies if a radius is given, and of similar images if an encoder is.

    Images that are linked, directly or through others, form one group, of which one image stays.
    Images with the same bytes under several labels don't count as copies: the source's `conflicts`
    decides what becomes of them; by default all are dropped, as at most one label is right.
    """

    implementation: ClassVar[str] = "synthset.selection.duplicates:apply_duplicates"
    version: ClassVar[str] = "1"

    kind: Literal["duplicates"]
    radius: int | None = Field(None, ge=0, le=24)
    """Near copies have perceptual hashes that differ in at most this many of 64 bits, and similar
    colours. 6 finds recompressed, resized and slightly cropped copies; none compares only bytes."""
    score: Name = "perceptual_hash"
    """Name of the score of kind `perceptual_hash` that `radius` uses."""
    encoder: Name | None = None
    """Name of the encoder whose features decide which images are similar."""
    similarity: float | None = Field(None, gt=0, le=1)
    """Least cosine of similar images, such as 0.95; needs `encoder`."""
    against: tuple[Name, ...] = ()
    """Names of references of kind `images`, such as a test set. Copies of their images are dropped
    as well, by the same rules."""
    stays: str = "first"
    """Which image of a group stays: the `first` planned, or the one with the highest value in this
    column of a score."""

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
            what = "copies are found among images, but {} holds only their mean and covariance"
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
    """How many images of each class to keep."""
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
    """How many images of each class to keep."""
    seed: int = 0
    """A different seed makes a different draw."""


class NearestSet(StepSettings):
    """Keep the part of each class that, as a set, is nearest to real images."""

    implementation: ClassVar[str] = "synthset.selection.nearest_step:apply_nearest_set"
    version: ClassVar[str] = "1"
    chooses: ClassVar[bool] = True

    kind: Literal["nearest_set"]
    encoder: Name
    """Name of the encoder whose features decide how near a set is."""
    reference: Name
    """Name of a reference. Statistics have no classes and need `target: all`."""
    per_class: int | None = Field(None, ge=1)
    """How many images of each class to keep; either this or `share`."""
    share: float | None = Field(None, gt=0, lt=1)
    """Share of each class to keep, 0 to 1; either this or `per_class`."""
    target: Literal["class", "all", "both"] = "class"
    """What should be near: each `class` to its own real images, `all` images together to all real
    ones, or `both`."""
    objective: Literal["frechet", "mmd"] = "frechet"
    """How nearness is measured: by the Fréchet distance (mean and covariance; comes with a
    certified bound), or by the distance between kernel means."""
    use: float = Field(0.5, gt=0, le=1)
    """Share of the real images that the choice is made with, drawn by content; the result is
    measured on the others. 1 leaves nothing to measure on. Has no effect with statistics."""
    prefer: dict[str, float] = Field(default_factory=dict)
    """Column of a score, and its weight: how much nearness to give up for one unit of its mean, as
    a share of the real images' total variance. 0.1 to 0.5 suits a probability; a negative weight
    prefers low scores."""
    directions: int = Field(256, ge=1, le=4096)
    """How many leading axes of the real images are matched one by one; the others are matched by
    their energy."""
    seed: int = 0
    """Decides how the candidates of a class are divided into blocks, where there are more than
    2,048."""

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
        what = f"{{}} holds statistics of all classes together, but the target is {self.target!r}"
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
    """Keep the part of each class that varies most. It doesn't look at real images."""

    implementation: ClassVar[str] = "synthset.selection.diverse:apply_diverse"
    version: ClassVar[str] = "1"

    kind: Literal["diverse"]
    encoder: Name
    """Name of the encoder whose features decide how similar images are."""
    per_class: int = Field(ge=1)
    """How many images of each class to keep."""
    method: Literal["k_center", "facility_location"] = "facility_location"
    """`facility_location`: every image has a similar one among those kept. `k_center`: the kept
    images are far from each other, which prefers odd ones."""


SelectionStep = Annotated[StepSettings, OneOf("steps")]
