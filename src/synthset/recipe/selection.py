"""What is kept: the steps of a selection, and the quota."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from synthset.recipe.settings import Name, Settings
from synthset.recipe.steps import Duplicates, Limits, SelectionStep


class Selection(Settings):
    """Steps in order, each applied to what the one before it left; then the quota."""

    name: Name = "default"
    """Name of the selection."""
    review: str | None = None
    """CSV file with a reviewer's verdicts (`id,verdict,note`; keep, drop or empty). An image marked
    drop is dropped before the first step; one marked keep stays, whatever the steps decide."""
    steps: tuple[SelectionStep, ...] = (Duplicates(kind="duplicates"),)
    """Which images are dropped, and why."""
    target_per_class: int | None = Field(None, ge=1)
    """Keep this many of each class: no more and, if `max_rounds` allows, no fewer."""
    order_by: str | None = None
    """Column whose highest values the quota keeps; none keeps the images planned first."""
    max_rounds: int = Field(0, ge=0, le=100)
    """Further rounds of generation for classes that fall short of the target."""

    @property
    def columns(self) -> list[str]:
        """Columns of scores that it looks at, in the order of its steps."""
        found = [column for step in self.steps for _, column in step.columns]
        return list(dict.fromkeys([*found, *filter(None, [self.order_by])]))

    @property
    def sides(self) -> Iterator[tuple[int, str, str, float]]:
        """Bounds of its limits: number of the step, column, `min` or `max`, and where it stands."""
        for number, step in enumerate(self.steps):
            if isinstance(step, Limits):
                for column, limit in step.limits.items():
                    for side, value in (("min", limit.min), ("max", limit.max)):
                        if value is not None:
                            yield number, column, side, value
