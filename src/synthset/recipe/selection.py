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
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(
                f"min {self.min:g} is above max {self.max:g}, so nothing would be kept"
            )
        return self


class Limits(Settings):
    """Drop an image whose score lies outside its limits."""

    kind: Literal["limits"]
    limits: dict[str, Limit] = Field(min_length=1)
    """Column of a score to its limits, such as `clip_score: {min: 22}`."""


class Duplicates(Settings):
    """Keep the first of images with the same bytes."""

    kind: Literal["duplicates"]


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


SelectionStep = Annotated[Limits | Duplicates | Top | Random, Field(discriminator="kind")]


class Selection(Settings):
    """Steps in order, each with what the one before it left; then the quota."""

    name: Name = "default"
    """Name of the selection."""
    steps: tuple[SelectionStep, ...] = (Duplicates(kind="duplicates"),)
    """What is dropped, and why."""
    target_per_class: int | None = Field(None, ge=1)
    """Keep so many of each class: no more, and if `max_rounds` allows it, no fewer."""
    order_by: str | None = None
    """Column by which the quota keeps the highest; none keeps the first planned."""
    max_rounds: int = Field(0, ge=0, le=100)
    """Further rounds of generation for the classes that fall short of the target."""
