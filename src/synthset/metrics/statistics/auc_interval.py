"""How sure is an area under the ROC curve?"""

from __future__ import annotations

from scipy.optimize import brentq

from synthset.metrics.statistics.intervals import LEVEL, Interval, normal_quantile


def auc_interval(value: float, positives: int, negatives: int, level: float = LEVEL) -> Interval:
    """Interval of an AUC, sound at 0 and 1 too, where a standard error would be none.

    All those areas that would not be surprised by the value found, by Hanley and McNeil's variance
    of the area in question (Newcombe 2006, Statistics in Medicine 25, method 5).

    Args:
        value: the AUC, [0, 1].
        positives: how many positives it was measured on.
        negatives: how many negatives.
        level: in (0, 1).
    """
    z = normal_quantile(level)
    low = 0.0 if value <= 0 else _end(value, positives, negatives, z, 0.0)
    high = 1.0 if value >= 1 else _end(value, positives, negatives, z, 1.0)
    return Interval(value, low, high, level)


def _end(value: float, positives: int, negatives: int, z: float, limit: float) -> float:
    """The area between the value and the limit that lies z standard errors from the value."""
    extra = (positives + negatives) / 2 - 1

    def excess(area: float) -> float:
        factor = 1 + extra * (1 - area) / (2 - area) + extra * area / (1 + area)
        return (area - value) ** 2 - z**2 * area * (1 - area) * factor / (positives * negatives)

    start = min(max(value, 1e-9), 1 - 1e-9)  # at 0 and 1 themselves the variance is 0
    return float(brentq(excess, start, limit))
