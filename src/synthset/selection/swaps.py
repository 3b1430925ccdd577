"""The best k of N where every pair has a price: thin out, then swap while a swap pays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthset.selection.target import Floats, Rows

ROUNDS = 24  # of thinning out
LOOK = 48  # leavers x joiners that are tried as pairs, the most promising of each
LEAST = 1e-7  # of a step's first gain: smaller ones are rounding


def choose_subset(
    kernel: NDArray[np.float32],
    linear: Floats,
    count: int,
    start: Rows | None = None,
    fixed: Rows | None = None,
) -> Rows:
    """Choose the rows S that minimise the sum of kernel over S x S plus the sum of linear over S.

    A local minimum: none of the most promising single swaps would improve it. Deterministic.

    Args:
        kernel: (N, N) float32, symmetric.
        linear: (N,) float64.
        count: how many to choose, at most N.
        start: where to begin; none thins out from all.
        fixed: rows that stay in, at most `count`; part of `start` if that is given.

    Returns:
        (count,) rows, ascending.
    """
    total = len(linear)
    stay = np.zeros(total, dtype=bool)
    stay[fixed if fixed is not None else []] = True
    if count >= total:
        return np.arange(total)
    inside = (
        _thin(kernel, linear, count, stay) if start is None else np.isin(np.arange(total), start)
    )
    if count > 0 and not stay.all():
        _swap(kernel, linear, inside, stay)
    return np.flatnonzero(inside)


def _thin(
    kernel: NDArray[np.float32], linear: Floats, count: int, stay: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Take out the worst, a share at a time, as if the rest had the weight of `count` images."""
    inside = np.ones(len(linear), dtype=bool)
    sums = kernel.sum(axis=0, dtype=np.float64)  # over what is inside
    own = np.diagonal(kernel).astype(np.float64)
    sizes = np.geomspace(len(linear), max(count, 1), ROUNDS + 1)[1:].round().astype(int)
    sizes[-1] = count
    for size in sizes.tolist():
        now = int(inside.sum())
        cost = np.where(inside & ~stay, (2 * sums - own) * (count / now) + linear, -np.inf)
        leaving = np.argsort(-cost, kind="stable")[: now - size]
        inside[leaving] = False
        for part in np.array_split(leaving, -(-len(leaving) // 256)) if len(leaving) else []:
            sums -= kernel[part].sum(axis=0, dtype=np.float64)
    return inside


def _swap(
    kernel: NDArray[np.float32],
    linear: Floats,
    inside: NDArray[np.bool_],
    stay: NDArray[np.bool_],
) -> None:
    """Swap single images for as long as the best pair in sight gains; changes `inside`."""
    sums = kernel[inside].sum(axis=0, dtype=np.float64)
    own = np.diagonal(kernel).astype(np.float64)
    first = 0.0
    for _ in range(20 * len(linear)):
        leave = np.where(inside & ~stay, own - 2 * sums - linear, np.inf)
        join = np.where(inside, np.inf, own + 2 * sums + linear)
        leavers, joiners = _smallest(leave), _smallest(join)
        pairs = (
            leave[leavers][:, None] + join[joiners] - 2 * kernel[np.ix_(leavers, joiners)]
        )  # (LOOK, LOOK)
        best = int(pairs.argmin())
        gain = -float(pairs.flat[best])
        first = max(first, gain)
        if gain <= LEAST * first or not np.isfinite(gain):
            return
        out, into = leavers[best // len(joiners)], joiners[best % len(joiners)]
        inside[out], inside[into] = False, True
        sums += kernel[into].astype(np.float64) - kernel[out]


def _smallest(values: Floats) -> Rows:
    """The rows of the smallest values, smallest first; ties by row."""
    some = np.argpartition(values, LOOK)[:LOOK] if len(values) > LOOK else np.arange(len(values))
    return some[np.lexsort((some, values[some]))]
