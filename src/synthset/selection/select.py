"""A whole selection: the steps of a recipe, one after the other, then the quota."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from synthset.encoders.feature_reader import FeatureReader
from synthset.errors import UsageError
from synthset.kinds import carry_out
from synthset.recipe.selection import Selection
from synthset.recipe.steps import SelectionStep
from synthset.selection.candidates import Candidates, Outcome
from synthset.selection.quota import apply_quota
from synthset.selection.review import apply_review, read_review
from synthset.taxonomy.label_conflicts import Rule


@dataclass(frozen=True, eq=False)
class Decision:
    """What is kept, and how near it came.

    Attributes:
        table: `id`, `keep`, `reason` (a struct, null where kept; see `results.reason`) and `rank`
            (from 1 within its class), in the order of the records.
        outcomes: of each `nearest_set`, what it reached, by class or for the whole; of each
            `duplicates`, how many groups and dropped images, by kind.
    """

    table: pa.Table
    outcomes: list[Outcome]


def select(records: pa.Table, settings: Selection, reader: FeatureReader | None = None) -> pa.Table:
    """Decide which records are kept: the table of `decide`."""
    return decide(records, settings, reader).table


def decide(
    records: pa.Table,
    settings: Selection,
    reader: FeatureReader | None = None,
    conflicts: Rule = "drop",
) -> Decision:
    """Decide which records are kept. The same input gives the same answer.

    Args:
        records: plan, image facts (`sha256`, `error`) and score columns, in plan order.
        settings: the recipe's selection.
        reader: gives features to the steps that read them.
        conflicts: the source's rule for bytes under several labels.

    Raises:
        RecipeError: a step needs something that the reference does not have.
        UsageError: a step needs features, and there is no reader of them.
    """
    candidates = Candidates.of(records, conflicts)
    if settings.review is not None:
        apply_review(candidates, read_review(settings.review))
    outcomes: list[Outcome] = []
    for number, step in enumerate(settings.steps, start=1):
        outcomes += _apply(candidates, step, f"{number} {step.kind}", reader)
    if settings.target_per_class is not None:
        apply_quota(candidates, settings.target_per_class, settings.order_by)
    return Decision(candidates.to_table(settings.order_by), outcomes)


def _apply(
    candidates: Candidates, step: SelectionStep, name: str, reader: FeatureReader | None
) -> list[Outcome]:
    if reader is None and (step.seen_by is not None or step.compares):
        raise UsageError(f"step {name!r} reads features or real images; pass a reader for them")
    return carry_out(step, candidates, step, name, reader) or []
