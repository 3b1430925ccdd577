"""ROC and precision-recall curves at fixed places, so that curves of several seeds have a mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.metrics.statistics.classification import Array, count_above_thresholds, mean_of_known

POINTS = 200
#: False positive rates, denser near 0, where classifiers differ.
FALSE_POSITIVE_RATES: Array = np.linspace(0, 1, POINTS) ** 2
#: Recalls.
RECALLS: Array = np.linspace(0, 1, POINTS)


@dataclass(frozen=True, eq=False)
class Curves:
    """One class against the rest, and the mean of the classes.

    Attributes:
        roc: (K + 1, POINTS) true positive rate at `FALSE_POSITIVE_RATES`; the last row is the mean
            over classes. NaN for a class without test images.
        pr: (K + 1, POINTS) precision at `RECALLS`.
    """

    roc: Array
    pr: Array


def compute_curves(labels: NDArray[np.int64], probabilities: NDArray[np.floating]) -> Curves:
    """Draw both curves of each class.

    Between thresholds the ROC curve is straight. Precision at a recall is that of the first
    threshold that reaches the recall: a straight line would promise what no threshold holds
    (Davis and Goadrich 2006).

    Args:
        labels: (N,) int64 in 0 to K - 1.
        probabilities: (N, K).
    """
    count = probabilities.shape[1]
    roc, pr = np.full((count + 1, POINTS), np.nan), np.full((count + 1, POINTS), np.nan)
    for label in np.unique(labels).tolist():
        positive = labels == label
        scores = probabilities[:, label].astype(np.float64)
        hits, alarms = (side[0] for side in count_above_thresholds(scores, positive))
        recall = hits / hits[-1]
        if alarms[-1]:
            roc[label] = _upper(FALSE_POSITIVE_RATES, alarms / alarms[-1], recall)
        # A hair of slack: 3 / 10 and 0.3 differ in the last bit.
        first = np.searchsorted(recall[1:], RECALLS - 1e-9) + 1
        pr[label] = hits[first] / (hits[first] + alarms[first])
    for found in (roc, pr):
        found[-1] = mean_of_known(found[:-1].T)
    return Curves(roc, pr)


def average_curves(found: list[Curves]) -> Curves:
    """Mean over seeds, at each place."""
    return Curves(
        mean_of_known(np.stack([one.roc for one in found], axis=-1)),
        mean_of_known(np.stack([one.pr for one in found], axis=-1)),
    )


def _upper(places: Array, x: Array, y: Array) -> Array:
    """Read a rising curve off; at a place where it is upright, its upper end."""
    last = np.searchsorted(x, places, side="right") - 1
    read: Array = np.where(x[last] == places, y[last], np.interp(places, x, y))
    return read
