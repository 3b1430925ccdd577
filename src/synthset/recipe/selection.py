"""What is kept: the steps of a selection, and the quota."""

from __future__ import annotations

from pydantic import Field

from synthset.recipe.settings import Name, Settings
from synthset.recipe.steps import Duplicates, SelectionStep


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
        found = [column for step in self.steps for _, column in step.columns]
        return list(dict.fromkeys([*found, *filter(None, [self.order_by])]))
