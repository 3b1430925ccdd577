"""What would another threshold cost? Count, distance, coverage, recognition and diversity of what
would be left, against each limit's threshold. Nothing is applied.

Distances depend on the number of images, and every threshold leaves another number: so beside each
distance stands that of a random draw of as many.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthset.encoders.feature_reader import RealImages
from synthset.metrics.features import Features
from synthset.metrics.sets.fid import frechet_distance
from synthset.metrics.sets.gaussian import Gaussian, gaussian
from synthset.metrics.sets.prdc import K, prdc
from synthset.metrics.sets.vendi import vendi_score
from synthset.recipe.selection import Selection
from synthset.recipe.steps import Limits
from synthset.selection.candidates import Candidates
from synthset.selection.duplicates import drop_same_bytes
from synthset.selection.limits import apply_limits
from synthset.selection.review import apply_review, read_review
from synthset.selection.target import Rows
from synthset.taxonomy.label_conflicts import Rule

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
        kept: images left by all limits and the removal of those with the same bytes.
        distance: Fréchet distance to the reference; lower is better.
        random: the same of a random draw of as many, out of all that the other limits leave.
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
    random: float | None
    coverage: float | None
    recognition: float | None
    diversity: float | None


def move_limits(
    records: pa.Table,
    settings: Selection,
    features: Features | None,
    reference: RealImages | Gaussian | None,
    steps: int = STEPS,
    conflicts: Rule = "drop",
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
        conflicts: the source's rule for bytes under several labels.

    Returns:
        Cases by column and side, thresholds rising.
    """
    goal = gaussian(reference.features) if isinstance(reference, RealImages) else reference
    cases = []
    for number, column, side, current in settings.sides:
        values = Candidates.of(records).values(column)
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        levels = np.quantile(values, np.linspace(0, 0.95, steps))
        if side == "max":
            levels = np.quantile(values, np.linspace(0.05, 1, steps))
        free = -np.inf if side == "min" else np.inf
        unlimited = _move_limit(settings, number, column, side, free)
        shuffled = _shuffle(_select_rows(records, unlimited, conflicts))
        for threshold in sorted({*levels.tolist(), current}):
            moved = _move_limit(settings, number, column, side, threshold)
            rows = _select_rows(records, moved, conflicts)
            distance = _distance(features, rows, goal)
            random = _distance(features, shuffled[: len(rows)], goal)
            found = _measure(records, rows, features, reference)
            now = threshold == current
            cases.append(Case(column, side, threshold, now, len(rows), distance, random, *found))
    return cases


def _move_limit(
    settings: Selection, number: int, column: str, side: str, threshold: float
) -> Selection:
    steps = list(settings.steps)
    step = steps[number]
    assert isinstance(step, Limits)
    limit = step.limits[column].model_copy(update={side: threshold})
    steps[number] = step.model_copy(update={"limits": {**step.limits, column: limit}})
    return settings.model_copy(update={"steps": tuple(steps)})


def _select_rows(records: pa.Table, settings: Selection, conflicts: Rule) -> Rows:
    candidates = Candidates.of(records, conflicts)
    if settings.review is not None:
        apply_review(candidates, read_review(settings.review))
    for step in settings.steps:
        if isinstance(step, Limits):
            apply_limits(candidates, step, "limits")
        elif step.kind == "duplicates":
            drop_same_bytes(candidates, "duplicates")
    return np.flatnonzero(candidates.keep)


def _measure(
    records: pa.Table,
    rows: Rows,
    features: Features | None,
    reference: RealImages | Gaussian | None,
) -> tuple[float | None, float | None, float | None]:
    """Coverage, recognition, diversity."""
    coverage = diversity = None
    if features is not None:
        some = _sample(_there(features[rows]))
        if isinstance(reference, RealImages) and min(len(some), len(reference.features)) > K:
            coverage = prdc(_sample(reference.features), some).coverage
        if len(some) and np.abs(some).sum(axis=1).all():
            diversity = vendi_score(some)
    return coverage, _measure_recognition(records, rows), diversity


def _distance(features: Features | None, rows: Rows, goal: Gaussian | None) -> float | None:
    if features is None or goal is None:
        return None
    seen = _there(features[rows])
    return frechet_distance(goal, gaussian(seen)) if len(seen) > 1 else None


def _there(features: Features) -> Features:
    found: Features = features[~np.isnan(features[:, 0])]
    return found


def _shuffle(rows: Rows) -> Rows:
    return np.random.default_rng(0).permutation(rows)


def _measure_recognition(records: pa.Table, rows: Rows) -> float | None:
    ranks = [name for name in records.column_names if name.endswith("_rank")]
    if not ranks or not len(rows):
        return None
    found = records.column(ranks[0]).take(pa.array(rows)).to_pylist()
    return float(np.mean([rank == 1 for rank in found]))


def _sample(features: Features) -> Features:
    if len(features) <= SAMPLE:
        return features
    return features[np.linspace(0, len(features) - 1, SAMPLE).astype(np.int64)]
