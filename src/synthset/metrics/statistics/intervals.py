"""How sure is a number? Intervals for shares, for means, and for any metric of a set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from synthset.errors import UsageError
from synthset.metrics.features import Features, Scores

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A number and the range that it plausibly lies in.

    Attributes:
        value: the estimate.
        low: lower end.
        high: upper end.
        level: how often such an interval holds the truth, in (0, 1).
    """

    value: float
    low: float
    high: float
    level: float = LEVEL

    def __str__(self) -> str:
        return f"{self.value:.4g} [{self.low:.4g}, {self.high:.4g}]"


def wilson(successes: int, count: int, level: float = LEVEL) -> Interval:
    """Interval of a share by Wilson's score; sound for few images and for shares of 0 and 1.

    Paper: Wilson 1927, JASA 22.

    >>> print(wilson(0, 10))
    0 [0, 0.2775]

    Args:
        successes: how many said yes, 0 to `count`.
        count: how many were asked; 0 gives the interval [0, 1] around 0.5, for nothing is known.
        level: in (0, 1).

    Returns:
        The share and its interval, all in [0, 1].

    Raises:
        UsageError: more successes than images, or a level outside (0, 1).
    """
    if not 0 <= successes <= count:
        raise UsageError(
            f"successes: found {successes} of {count}; it must be between 0 and the count"
        )
    if count == 0:
        return Interval(0.5, 0.0, 1.0, level)
    z = normal_quantile(level)
    share = successes / count
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    # At the ends the exact bound is 0 or 1 itself; rounding would leave it a hair away.
    low = 0.0 if successes == 0 else float(middle - half)
    high = 1.0 if successes == count else float(middle + half)
    return Interval(share, low, high, level)


def mean_interval(scores: Scores, level: float = LEVEL) -> Interval:
    """Mean of per-image scores with a normal interval.

    Args:
        scores: (N,) float64, N >= 2; one value an image, images independent of each other.
        level: in (0, 1).

    Returns:
        Mean +- z x sample standard deviation / sqrt(N).

    Raises:
        UsageError: fewer than two scores.
    """
    if len(scores) < 2:
        raise UsageError(f"scores: found {len(scores)}; an interval needs 2 or more")
    error = float(np.std(scores, ddof=1)) / np.sqrt(len(scores))
    return normal_interval(float(np.mean(scores)), error, level)


def normal_interval(value: float, standard_error: float, level: float = LEVEL) -> Interval:
    """Normal interval: value +- z x standard error."""
    half = normal_quantile(level) * standard_error
    return Interval(value, float(value - half), float(value + half), level)


def bootstrap(
    metric: Callable[..., float],
    *sets: Features,
    draws: int = 100,
    seed: int = 0,
    level: float = LEVEL,
) -> Interval:
    """Interval of any metric of sets, from resampling the images of each set.

    The interval is value +- z x standard deviation over the draws. Percentiles of the draws would
    not do here: an image drawn twice makes a set look smaller than it is, so each draw of a
    Fréchet distance or a Vendi score is biased. Their intervals err on the wide side (for a Fréchet
    distance near its floor by 2 to 3 times: `influence.jackknife_error` is nearer, and cheaper).
    Not for metrics of nearest neighbours (prdc), where an image drawn twice is its own neighbour.

    Args:
        metric: takes as many (N, D) arrays as there are `sets`, gives a number.
        sets: arrays whose rows are images; each is resampled on its own.
        draws: how many; 100 gives the half width to about 7 %.
        seed: of the draw.
        level: in (0, 1).

    Returns:
        The metric of the sets as they are, and its interval.

    Raises:
        UsageError: fewer than two draws.
    """
    if draws < 2:
        raise UsageError(f"draws: found {draws}; an interval needs 2 or more")
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        resampled = [rows[rng.integers(0, len(rows), len(rows))] for rows in sets]
        values.append(metric(*resampled))
    return normal_interval(float(metric(*sets)), float(np.std(values, ddof=1)), level)


def jackknife(
    metric: Callable[[Features], float], rows: Features, groups: int = 20, level: float = LEVEL
) -> Interval:
    """Interval of a metric of one set, from leaving out one group of images at a time.

    No draw, no seed, and only `groups` evaluations; group g holds the rows g, g + groups, …

    Args:
        metric: takes an (N, D) array, gives a number.
        rows: (N, D); N >= groups.
        groups: 2 to N; N is the classical jackknife.
        level: in (0, 1).

    Returns:
        The metric of all rows, and its interval.

    Raises:
        UsageError: fewer than two groups, or more groups than images.
    """
    if not 2 <= groups <= len(rows):
        raise UsageError(f"groups: found {groups}; {len(rows)} images allow 2 to {len(rows)}")
    member = np.arange(len(rows)) % groups
    values = np.array([metric(rows[member != group]) for group in range(groups)])
    return normal_interval(float(metric(rows)), float(np.sqrt((groups - 1) * values.var())), level)


def normal_quantile(level: float) -> float:
    """How many standard errors to each side hold `level` of a normal distribution.

    >>> round(normal_quantile(0.95), 3)
    1.96
    """
    if not 0 < level < 1:
        raise UsageError(f"level: found {level}; it must be between 0 and 1, such as 0.95")
    return NormalDist().inv_cdf((1 + level) / 2)
