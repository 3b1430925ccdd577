"""What choosing a set keeps and drops, against a threshold that keeps as many of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.recipe.recipe import Recipe
from synthset.results.dataset.finished_records import FinishedRecords, take_evenly

CLASSES = 6
EACH = 12  # images of each class and group

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ThresholdComparison:
    """One class: what both keep, and what only one of them keeps.

    Attributes:
        label: of the class.
        kept: images that the step kept.
        of: images that it chose from.
        only_set: how many of them the threshold would drop.
        groups: rows to show: `only_set`, `only_threshold`, `both`.
    """

    label: int
    kept: int
    of: int
    only_set: int
    groups: dict[str, list[int]]


def choose_score(recipe: Recipe) -> str | None:
    """Name the column that a threshold would look at: recognition, else CLIP score."""
    for score in recipe.scores:
        if score.kind == "recognition":
            return f"{score.prefix}_probability"
    return next((score.prefix for score in recipe.scores if score.kind == "clip_score"), None)


def compare_with_threshold(
    seen: FinishedRecords, step: str, column: str, labels: Sequence[int], room: int = CLASSES
) -> list[ThresholdComparison]:
    """Compare a `nearest_set` with keeping the highest of a score.

    Args:
        seen: the records, selected.
        step: the step's name, such as `3 nearest_set`.
        column: of the score.
        labels: classes in the order in which they are wanted.
        room: how many of them to show.
    """
    if not seen.selected or column not in seen.score_columns:
        return []
    values = np.asarray(seen.records.column(column).fill_null(np.nan), dtype=np.float64)
    chosen, dropped = _sides(seen, step)
    found = []
    for label in labels:
        rows = np.flatnonzero((chosen | dropped) & (seen.labels == label) & np.isfinite(values))
        kept = chosen[rows]
        if kept.all() or not kept.any():
            continue
        best = np.zeros(len(rows), dtype=bool)
        best[np.argsort(-values[rows], kind="stable")[: int(kept.sum())]] = True
        found.append(_compare(label, rows, kept, best))
        if len(found) == room:
            break
    return found


def _compare(label: int, rows: Rows, kept: Mask, best: Mask) -> ThresholdComparison:
    groups = {
        "only_set": rows[kept & ~best],
        "only_threshold": rows[~kept & best],
        "both": rows[kept & best],
    }
    shown = {name: take_evenly(mine, EACH) for name, mine in groups.items()}
    return ThresholdComparison(label, int(kept.sum()), len(rows), len(groups["only_set"]), shown)


def _sides(seen: FinishedRecords, step: str) -> tuple[Mask, Mask]:
    """(N,) what the step kept, whatever happened later, and what it did not choose."""
    number = _number(step)
    later = [
        one is not None and (one.rule == "over quota" or _number(one.step) > number)
        for one in seen.reasons
    ]
    dropped = [
        one is not None and (one.step, one.rule) == (step, "not nearest") for one in seen.reasons
    ]
    return seen.keep | np.array(later, dtype=bool), np.array(dropped, dtype=bool)


def _number(step: str) -> int:
    number = step.partition(" ")[0]
    return int(number) if number.isdigit() else 0
