"""How near could any choice have come? A lower bound that holds for every subset of k images.

Paper: Jaggi 2013, "Revisiting Frank-Wolfe", ICML. The distance F (see `target`) is convex in the
weights of the images, and every subset of k is a point of {0 <= w <= 1/k, sum w = 1}; so at any
point, F plus the least that its slope allows anywhere lies below all of them. The slope is that of
a softened F, which lies below F: a bound from the softened slope and the plain F would be none.
"""

from __future__ import annotations

import numpy as np

from synthset.metrics.features import Features
from synthset.metrics.sets.gaussian import Gaussian
from synthset.selection.kernel import TargetKernel
from synthset.selection.target import (
    DIRECTIONS,
    SOFTENING,
    ProjectedImages,
    Rows,
    Sums,
    Target,
    distance,
    gradient,
)

STEPS = 60
TIGHT = 0.005  # of the bound: a narrower gap is not worth another step
SHORTEST = 1e-6  # step that is still tried


def frank_wolfe_bound(
    features: Features,
    target: Gaussian,
    count: int,
    *,
    start: Rows | None = None,
    directions: int = DIRECTIONS,
    steps: int = STEPS,
) -> float:
    """Bound the Fréchet distance that any subset can reach, from below.

    Args:
        features: (N, D) float32 or float64, the candidates.
        target: what they should be near to.
        count: images in the subset, at most N.
        start: (count,) rows of a good subset, which saves steps; none starts with all alike.
        directions: leading axes that are taken singly; fewer are faster, and still a bound.
        steps: of Frank and Wolfe's algorithm, at most.

    Returns:
        Float >= 0, in squared feature units, for covariances divided by the number of images.
    """
    towards = Target.of(target, directions)
    return compute_bound(towards, towards.see(features), count, start=start, steps=steps)


def compute_bound(
    target: Target,
    seen: ProjectedImages,
    count: int,
    *,
    start: Rows | None = None,
    steps: int = STEPS,
) -> float:
    """The same for images that are in the target's axes already."""
    rows = np.arange(len(seen)) if start is None else start
    pairs = TargetKernel.of(target)
    weights = np.zeros(len(seen))
    weights[rows] = 1 / len(rows)
    at, bound, lowest = _mean(seen, rows), 0.0, np.inf
    for _ in range(steps):
        value, slope = gradient(target, at, seen, SOFTENING)
        lowest = min(lowest, value)
        corner = np.argsort(slope, kind="stable")[:count]
        gap = float(slope @ weights - slope[corner].mean())
        bound = max(bound, value - gap)
        if lowest - bound <= TIGHT * bound:
            break
        vertex = _mean(seen, corner)
        way = vertex - at
        step = min(1.0, gap / (2 * pairs.of_itself(way)))
        while step > SHORTEST and distance(target, at.mix(way, step), SOFTENING) > value:
            step /= 2
        at = at.mix(way, step)
        weights *= 1 - step
        weights[corner] += step / count
    return bound


def _mean(seen: ProjectedImages, rows: Rows) -> Sums:
    """Sums in which the images' weights sum to 1."""
    sums = seen.sums(rows)
    return sums.mix(sums, 0.0, 1 / sums.n)
