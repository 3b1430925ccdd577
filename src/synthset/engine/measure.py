"""Measures a finished set by each metric that a recipe names: all images, the kept and the rejected
ones."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field, replace

from synthset.encoders.feature_reader import FeatureReader
from synthset.kinds import carry_out
from synthset.measures.part import Part, find_parts
from synthset.recipe.metrics import Metric
from synthset.recipe.recipe import Recipe
from synthset.results.metric_result import MetricResult

CHOSE = "the selection used this reference to choose; read its held-out distance instead"


@dataclass
class MetricResults:
    """What a recipe's metrics gave.

    Attributes:
        results: of each metric, in the recipe's order.
        faults: traceback of each that failed, by kind and part.
    """

    results: list[MetricResult] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


def measure(reader: FeatureReader) -> MetricResults:
    """Measure what the recipe asks for, and what comes with its scores.

    A metric that fails has a result that says so, and the others are measured all the same.

    Args:
        reader: of all records, with scores and selection.
    """
    recipe, parts = reader.recipe, find_parts(reader)
    found = MetricResults()
    for metric in (*recipe.metrics, *(one for score in recipe.scores for one in score.metrics)):
        chose = metric.by_part and _was_chosen_by(recipe, metric.compares)
        for part in parts.values() if metric.by_part else [parts["all"]]:
            results = _try(metric, part, found.faults)
            if chose and part.name != "all":
                results = [result.warn(CHOSE) for result in results]
            found.results += results
    return found


def _try(metric: Metric, part: Part, faults: dict[str, str]) -> list[MetricResult]:
    try:
        results: list[MetricResult] = carry_out(metric, metric, part)
    except Exception as fault:  # whatever broke it, the rest of the run is worth having
        faults[f"{metric.kind}, {part.name}"] = "".join(traceback.format_exception(fault))
        said = f"{type(fault).__name__}: {fault}" if str(fault) else type(fault).__name__
        by = part.describe_encoder(metric.seen_by) if metric.seen_by else ""
        lost = MetricResult(
            name=metric.kind,
            of=part.name,
            measured_by=by,
            reference=metric.compares,
            failed=said,
        )
        results = [lost.warn(f"failed: {said}")]
    return [replace(result, subject=metric.subject) for result in results]


def _was_chosen_by(recipe: Recipe, reference: str | None) -> bool:
    """Whether the selection has looked at a reference, itself or through a score."""
    if reference is None:
        return False
    columns = {
        column for score in recipe.scores if score.compares == reference for column in score.columns
    }
    return bool(columns & set(recipe.selection.columns)) or any(
        step.chooses and reference in step.compares for step in recipe.selection.steps
    )
