"""How far may a mean over seeds, or a difference of two arms, lie from what was measured?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm, t

from synthset.errors import UsageError
from synthset.metrics.statistics.intervals import LEVEL, Interval


def t_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """Mean of independent runs with Student's interval.

    >>> print(t_interval([0.5, 0.6, 0.7]))
    0.6 [0.3516, 0.8484]

    Args:
        values: one a run, two or more.
        level: in (0, 1).

    Returns:
        Mean +- t x sample standard deviation / sqrt(n), with n - 1 degrees of freedom. Runs that
        agree to the digit give an interval without width: so few runs say nothing of the spread.

    Raises:
        UsageError: fewer than two values.
    """
    if len(values) < 2:
        raise UsageError(f"values: found {len(values)}; an interval over runs needs 2 or more")
    mean = float(np.mean(values))
    error = float(np.std(values, ddof=1)) / np.sqrt(len(values))
    half = float(t.ppf((1 + level) / 2, len(values) - 1) * error)
    return Interval(mean, mean - half, mean + half, level)


def paired_t(differences: Sequence[float]) -> float | None:
    """p of the paired t test, two-sided: how often would no effect differ as much?

    Args:
        differences: one a seed, two or more.

    Returns:
        In [0, 1]; 1 where every difference is 0, None where all agree in another value, for then
        there is no spread to compare with.
    """
    values = np.asarray(differences, dtype=np.float64)
    spread = float(values.std(ddof=1))
    if spread < 1e-12:
        return 1.0 if abs(float(values.mean())) < 1e-12 else None
    statistic = float(values.mean()) / (spread / np.sqrt(len(values)))
    return float(2 * t.sf(abs(statistic), len(values) - 1))


def normal_test(value: float, standard_error: float) -> float | None:
    """p of a normal test, two-sided: how often would no effect lie as far from 0?

    >>> round(normal_test(1.96, 1.0), 2)
    0.05

    Args:
        value: estimate.
        standard_error: of it, 0 or more.

    Returns:
        In [0, 1]; without spread 1 for a value of 0 and None for another.
    """
    if standard_error < 1e-12:
        return 1.0 if abs(value) < 1e-12 else None
    return float(2 * norm.sf(abs(value) / standard_error))


def mcnemar(right: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """p of McNemar's exact test: do two classifiers get equally many of the same images right?

    Only images that one of them alone gets right tell anything; without a difference they would
    fall to either side like a coin. Paper: McNemar 1947, Psychometrika 12.

    >>> mcnemar(np.array([True] * 6 + [False]), np.array([False] * 6 + [False]))
    0.03125

    Args:
        right: (N,) whether the first is right.
        other: (N,) whether the second is.

    Returns:
        Two-sided, in (0, 1]; 1 where they agree on every image.
    """
    first, second = int((right & ~other).sum()), int((other & ~right).sum())
    if first + second == 0:
        return 1.0
    return float(binomtest(first, first + second, 0.5).pvalue)


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Correct p-values for having looked several times (Holm 1979, Scand. J. Statist. 6).

    The chance of one false alarm or more among all of them stays below the level. Those that are
    None stay so and count for nothing.

    >>> holm([0.01, 0.04, None, 0.03])
    [0.03, 0.06, None, 0.06]
    """
    known = sorted((p, i) for i, p in enumerate(values) if p is not None)
    found: list[float | None] = [None] * len(values)
    reached = 0.0
    for rank, (p, i) in enumerate(known):
        reached = max(reached, min(1.0, p * (len(known) - rank)))
        found[i] = reached
    return found
