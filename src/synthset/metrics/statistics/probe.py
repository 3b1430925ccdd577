"""A small probe: can two sets of images be told apart by a few numbers of each?

A penalised logistic regression over the numbers as they are and cut into ranges, so that a trait in
the middle of a scale shows too. Cross-validated: every image is judged by a probe that has not seen
it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from synthset.errors import UsageError
from synthset.metrics.statistics.auc_interval import auc_interval
from synthset.metrics.statistics.intervals import Interval

FOLDS = 3
REPEATS = 3
OVERLAP = 1.3  # probes share images: without signal, 95 % intervals hold 0.5 in 94 to 98 % of 200
RANGES = 6  # that a number with many values is cut into
DISTINCT = 12  # so many values or fewer stand for themselves
PENALTY = 1.0  # half of it times the squared weights is added to the summed loss
Numbers = NDArray[np.float64]


def probe(numbers: Numbers, positive: NDArray[np.bool_]) -> Interval:
    """Tell how well a probe tells positives from negatives.

    Args:
        numbers: (N, F) float64, F numbers of each image; NaN where one could not be measured.
        positive: (N,) bool; `FOLDS` or more of each.

    Returns:
        AUC with a 95 % interval: 0.5 is not told apart, 1 always. It is the mean over folds and
        repeats, so only images that the same probe has judged are compared.

    Raises:
        UsageError: fewer images of a side than folds.
    """
    count = int(positive.sum())
    others = len(positive) - count
    if min(count, others) < FOLDS:
        raise UsageError(f"positive: found {count} of {len(positive)}; {FOLDS} of each are needed")
    areas = [
        _area(numbers, positive, fold == number)
        for fold in (_folds(positive, seed) for seed in range(REPEATS))
        for number in range(FOLDS)
    ]
    return auc_interval(float(np.mean(areas)), int(count / OVERLAP), int(others / OVERLAP))


def _area(numbers: Numbers, positive: NDArray[np.bool_], test: NDArray[np.bool_]) -> float:
    """Learn on all but the test images, and judge those."""
    shape = ColumnRule.of(numbers[~test])
    columns = shape.columns(numbers[~test])
    if not columns.shape[1]:
        return 0.5  # nothing varies
    model = LogisticRegression(C=1 / PENALTY, tol=1e-8, max_iter=1000)
    model.fit(columns, positive[~test])
    scores = model.decision_function(shape.columns(numbers[test]))
    return float(roc_auc_score(positive[test], np.round(scores, 8)))  # nearer ones are ties


def _folds(positive: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    """Deal each side into folds of equal size: (N,) number of the fold."""
    draw = np.random.default_rng(seed)
    fold = np.empty(len(positive), dtype=np.int64)
    for side in (positive, ~positive):
        rows = np.flatnonzero(side)
        fold[draw.permutation(rows)] = np.arange(len(rows)) % FOLDS
    return fold


@dataclass(frozen=True, eq=False)
class ColumnRule:
    """How numbers become columns, learned on one part of the images.

    Attributes:
        mean: (F,) of the numbers.
        scale: (F,) their standard deviation; 1 where they are constant.
        edges: for each number, the upper ends of all its ranges but the last.
        gaps: for each number, whether some images lack it.
    """

    mean: Numbers
    scale: Numbers
    edges: list[Numbers]
    gaps: list[bool]

    @classmethod
    def of(cls, numbers: Numbers) -> ColumnRule:
        """Learn it from (N, F) numbers."""
        known = [column[~np.isnan(column)] for column in numbers.T]
        mean = np.array([column.mean() if len(column) else 0.0 for column in known])
        spread = np.array([column.std() if len(column) else 0.0 for column in known])
        scale = np.where(spread > 1e-9 * (1 + np.abs(mean)), spread, 1.0)
        gaps = [len(column) < len(numbers) for column in known]
        return cls(mean, scale, [_edges(column) for column in known], gaps)

    def columns(self, numbers: Numbers) -> Numbers:
        """Give (N, C): each number that varies, standardised; then 0 or 1 for each of its ranges,
        and for missing."""
        parts = [np.empty((len(numbers), 0))]
        for place, (edges, gap) in enumerate(zip(self.edges, self.gaps, strict=True)):
            column = numbers[:, place]
            missing = np.isnan(column)
            if len(edges):
                straight = (column - self.mean[place]) / self.scale[place]
                parts.append(np.where(missing, 0.0, straight)[:, None])
                found = np.where(missing, len(edges) + 1, np.searchsorted(edges, column))
                parts.append(np.eye(len(edges) + 2)[found, : len(edges) + 1])
            if gap:
                parts.append(missing[:, None].astype(np.float64))
        return np.concatenate(parts, axis=1)


def _edges(known: Numbers) -> Numbers:
    """Cut at every value where there are few, else into ranges of equal count."""
    values = np.unique(known)
    if len(values) <= DISTINCT:
        return np.asarray((values[:-1] + values[1:]) / 2)
    return np.unique(np.quantile(known, np.arange(1, RANGES) / RANGES))
