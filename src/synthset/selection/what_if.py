"""What would another threshold cost? Count, distance, coverage, recognition and diversity of what
would be left, against each limit's threshold. Nothing is applied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthset.metrics.features import Features
from synthset.metrics.fid import frechet_distance
from synthset.metrics.gaussian import Gaussian, gaussian
from synthset.metrics.prdc import K, prdc
from synthset.metrics.vendi import vendi_score
from synthset.recipe.selection import Limits, Selection
from synthset.selection.candidates import Candidates
from synthset.selection.duplicates import apply_duplicates
from synthset.selection.limits import apply_limits
from synthset.selection.sight import Real
from synthset.selection.target import Rows

STEPS = 10  # thresholds between the lowest and the highest score
SAMPLE = 2000  # images that coverage and diversity are taken from, on either side


@dataclass(frozen=True)
class Case:
    """A threshold, and what would be left.

    Attributes:
        column: whose limit moves.
        side: `min` or `max`.
        threshold: where it stands; all other limits stand as in the recipe.
        current: whether it is the recipe's own.
        kept: images left by all limits and the removal of duplicates.
        distance: Fréchet distance to the reference; lower is better.
        coverage: share of real images with a kept one in their neighbourhood; higher is better.
        recognition: share of kept images whose class is recognised; higher is better.
        diversity: Vendi score of up to 2,000 of them; higher is better.
    """

    column: str
    side: str
    threshold: float
    current: bool
    kept: int
    distance: float | None
    coverage: float | None
    recognition: float | None
    diversity: float | None


def what_if(
    records: pa.Table,
    settings: Selection,
    features: Features | None,
    reference: Real | Gaussian | None,
    steps: int = STEPS,
) -> list[Case]:
    """Move each limit's threshold over the scores that there are.

    Args:
        records: as for `select`.
        settings: the recipe's selection; only its limits and duplicates count here, since what
            chooses a fixed number keeps that number at any threshold.
        features: (N, D) of the records, by the encoder that distance and diversity are taken in;
            none leaves those out.
        reference: real images or statistics by the same encoder; none leaves distances out.
        steps: thresholds of each limit, besides the recipe's own.

    Returns:
        Cases by column and side, thresholds rising.
    """
    goal = gaussian(reference.features) if isinstance(reference, Real) else reference
    cases = []
    for number, column, side, current in _sides(settings):
        values = Candidates.of(records).values(column)
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        levels = np.quantile(values, np.linspace(0, 0.95, steps))
        if side == "max":
            levels = np.quantile(values, np.linspace(0.05, 1, steps))
        for threshold in sorted({*levels.tolist(), current}):
            rows = _left(records, _moved(settings, number, column, side, threshold))
            found = _measured(records, rows, features, reference, goal)
            cases.append(Case(column, side, threshold, threshold == current, len(rows), *found))
    return cases


def _sides(settings: Selection) -> Iterator[tuple[int, str, str, float]]:
    for number, step in enumerate(settings.steps):
        if isinstance(step, Limits):
            for column, limit in step.limits.items():
                for side, value in (("min", limit.min), ("max", limit.max)):
                    if value is not None:
                        yield number, column, side, value


def _moved(settings: Selection, number: int, column: str, side: str, threshold: float) -> Selection:
    steps = list(settings.steps)
    step = steps[number]
    assert isinstance(step, Limits)
    limit = step.limits[column].model_copy(update={side: threshold})
    steps[number] = step.model_copy(update={"limits": {**step.limits, column: limit}})
    return settings.model_copy(update={"steps": tuple(steps)})


def _left(records: pa.Table, settings: Selection) -> Rows:
    candidates = Candidates.of(records)
    for step in settings.steps:
        if isinstance(step, Limits):
            apply_limits(candidates, step, "limits")
        elif step.kind == "duplicates":
            apply_duplicates(candidates, "duplicates")
    return np.flatnonzero(candidates.keep)


def _measured(
    records: pa.Table,
    rows: Rows,
    features: Features | None,
    reference: Real | Gaussian | None,
    goal: Gaussian | None,
) -> tuple[float | None, float | None, float | None, float | None]:
    """Distance, coverage, recognition, diversity."""
    distance = coverage = diversity = None
    if features is not None:
        seen = features[rows]
        seen = seen[~np.isnan(seen[:, 0])]
        some = _sample(seen)
        if goal is not None and len(seen) > 1:
            distance = frechet_distance(goal, gaussian(seen))
        if isinstance(reference, Real) and min(len(some), len(reference.features)) > K:
            coverage = prdc(_sample(reference.features), some).coverage
        if len(some) and np.abs(some).sum(axis=1).all():
            diversity = vendi_score(some)
    return distance, coverage, _recognised(records, rows), diversity


def _recognised(records: pa.Table, rows: Rows) -> float | None:
    ranks = [name for name in records.column_names if name.endswith("_rank")]
    if not ranks or not len(rows):
        return None
    found = records.column(ranks[0]).take(pa.array(rows)).to_pylist()
    return float(np.mean([rank == 1 for rank in found]))


def _sample(features: Features) -> Features:
    if len(features) <= SAMPLE:
        return features
    return features[np.linspace(0, len(features) - 1, SAMPLE).astype(np.int64)]
