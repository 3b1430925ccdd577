"""A whole selection: the steps of a recipe, one after the other, then the quota."""

from __future__ import annotations

import pyarrow as pa

from synthset.recipe.selection import Duplicates, Limits, Random, Selection, SelectionStep, Top
from synthset.selection.candidates import Candidates
from synthset.selection.duplicates import apply_duplicates
from synthset.selection.limits import apply_limits
from synthset.selection.quota import apply_quota, apply_random, apply_top


def select(records: pa.Table, settings: Selection) -> pa.Table:
    """Decide which records are kept.

    Args:
        records: plan, image facts (`sha256`, `error`) and score columns, in plan order.
        settings: the recipe's selection.

    Returns:
        A table with `id`, `keep`, `reason` (null where kept), `step` (which step dropped it) and
        `rank` (from 1 within its class), in the order of `records`. The same input gives the same
        answer.
    """
    candidates = Candidates.of(records)
    for number, step in enumerate(settings.steps, start=1):
        _apply(candidates, step, f"{number} {step.kind}")
    if settings.target_per_class is not None:
        apply_quota(candidates, settings.target_per_class, settings.order_by)
    return candidates.to_table(settings.order_by)


def _apply(candidates: Candidates, step: SelectionStep, name: str) -> None:
    match step:
        case Limits():
            apply_limits(candidates, step, name)
        case Duplicates():
            apply_duplicates(candidates, name)
        case Top():
            apply_top(candidates, step, name)
        case Random():
            apply_random(candidates, step, name)
