"""What is kept: the steps of a selection, and the quota."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from synthset.recipe.settings import Name, Settings


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


class Limits(Settings):
    """Drop an image whose score lies outside its limits."""

    kind: Literal["limits"]
    limits: dict[str, Limit] = Field(min_length=1)
    """Column of a score to its limits, such as `clip_score: {min: 22}`."""


class Duplicates(Settings):
    """Keep one of images that show the same: always of those with the same bytes, and of near and
    of alike ones where a radius or an encoder is given.

    What hangs together, also by way of others, is one group, of which one image stays. Images whose
    bytes stand under several labels are no copies: what becomes of them, the source's `conflicts`
    says; all are dropped by default, as at most one label is right.
    """

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
    def looks_further(self) -> bool:
        """Whether it looks at more than the records themselves."""
        return self.encoder is not None or bool(self.against)


class Top(Settings):
    """Keep the best of each class by one score."""

    kind: Literal["top"]
    by: str
    """Column of a score."""
    per_class: int = Field(ge=1)
    """How many to keep of each class."""
    lowest: bool = False
    """Keep the lowest instead of the highest."""


class Random(Settings):
    """Keep a random part of each class: the baseline of every comparison."""

    kind: Literal["random"]
    per_class: int = Field(ge=1)
    """How many to keep of each class."""
    seed: int = 0
    """Another seed, another draw."""


class NearestSet(Settings):
    """Keep the part of each class that, as a set, lies nearest to real images."""

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

    def count_of(self, candidates: int) -> int:
        """How many of a class's candidates to keep."""
        if self.per_class is not None:
            return min(self.per_class, candidates)
        assert self.share is not None
        return max(round(self.share * candidates), 1)


class Diverse(Settings):
    """Keep the part of each class that varies most. It looks at no real image."""

    kind: Literal["diverse"]
    encoder: Name
    """Name of an encoder: likeness is in its features."""
    per_class: int = Field(ge=1)
    """How many to keep of each class."""
    method: Literal["k_center", "facility_location"] = "facility_location"
    """`facility_location`: every image has one like it among the kept. `k_center`: the kept are far
    from each other, which prefers odd images."""


SelectionStep = Annotated[
    Limits | Duplicates | Top | Random | NearestSet | Diverse, Field(discriminator="kind")
]


class Selection(Settings):
    """Steps in order, each with what the one before it left; then the quota."""

    name: Name = "default"
    """Name of the selection."""
    review: str | None = None
    """CSV file with a reviewer's verdicts (`id,verdict,note`; keep, drop or empty): dropped images
    leave before the first step, kept ones stay whatever the steps say."""
    steps: tuple[SelectionStep, ...] = (Duplicates(kind="duplicates"),)
    """What is dropped, and why."""
    target_per_class: int | None = Field(None, ge=1)
    """Keep so many of each class: no more, and if `max_rounds` allows it, no fewer."""
    order_by: str | None = None
    """Column by which the quota keeps the highest; none keeps the first planned."""
    max_rounds: int = Field(0, ge=0, le=100)
    """Further rounds of generation for the classes that fall short of the target."""

    @property
    def columns(self) -> list[str]:
        """Columns of scores that it looks at, in the order of its steps."""
        found: list[str] = []
        for step in self.steps:
            if isinstance(step, Limits):
                found += step.limits
            elif isinstance(step, Top):
                found.append(step.by)
            elif isinstance(step, NearestSet):
                found += step.prefer
        return list(dict.fromkeys([*found, *filter(None, [self.order_by])]))
