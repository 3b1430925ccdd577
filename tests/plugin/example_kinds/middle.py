"""A step of a selection in one file: its settings, and what drops."""

from typing import Literal

import numpy as np
from pydantic import Field

from synthset.recipe.steps import StepSettings
from synthset.results.reason import Reason


class Middle(StepSettings):
    """Drop the highest and the lowest of each class by one score."""

    implementation = "example_kinds.middle:apply"
    version = "1"

    kind: Literal["middle"]
    by: str
    """Column of a score."""
    count: int = Field(1, ge=1)
    """How many to drop at each end."""

    @property
    def columns(self):
        return [("by", self.by)]


def apply(candidates, settings, step, reader):
    values = candidates.values(settings.by)
    for rows in candidates.by_class().values():
        order = rows[np.argsort(values[rows], kind="stable")]
        ends = np.concatenate([order[: settings.count], order[-settings.count :]])
        candidates.drop(ends, Reason(step, f"{settings.by} is at an end of its class"))
