"""What would real images score? The floor of a metric that depends on the number of images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synthset.errors import UsageError
from synthset.metrics.features import Features, check_features
from synthset.metrics.statistics.intervals import LEVEL, Interval, normal_quantile


def real_floor(
    metric: Callable[[Features, Features], float],
    real: Features,
    n_real: int,
    n_generated: int,
    draws: int = 4,
    seed: int = 0,
    level: float = LEVEL,
) -> Interval:
    """Score real images against other real images at the counts of a comparison.

    A generated set is only worse than real as far as it lies above this.

    >>> from synthset.metrics.sets.fid import frechet_distance_from_features
    >>> real = np.random.default_rng(0).normal(size=(400, 8))
    >>> print(real_floor(frechet_distance_from_features, real, 200, 50))
    0.6523 [0.4252, 0.8794]

    Args:
        metric: takes (n_real, D) and (n_generated, D) arrays, gives a number.
        real: (N, D) float32 or float64, N >= n_real + n_generated.
        n_real: images on the real side of the comparison.
        n_generated: images on the generated side.
        draws: how many disjoint pairs of subsets, each drawn anew.
        seed: of the draws.
        level: how often one more draw would fall inside, in (0, 1).

    Returns:
        Mean over the draws, and mean +- z x their standard deviation: where a single comparison of
        real with real falls. (No interval of the mean.)

    Raises:
        UsageError: not enough real images, or fewer than two draws.
    """
    real = check_features(real, "real")
    if n_real + n_generated > len(real):
        raise UsageError(
            f"real_floor: asked for {n_real} + {n_generated} disjoint images of {len(real)}; ask "
            "for fewer on both sides, in the proportion of the comparison"
        )
    if draws < 2:
        raise UsageError(f"draws: found {draws}; an interval needs 2 or more")
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        order = rng.permutation(len(real))
        values.append(metric(real[order[:n_real]], real[order[n_real : n_real + n_generated]]))
    mean, half = float(np.mean(values)), normal_quantile(level) * float(np.std(values, ddof=1))
    return Interval(mean, mean - half, mean + half, level)
