"""Exact retrieval: which images of a pool are most similar to each query, and to which class?

One pass over the pool, block by block: memory is the queries, their neighbours, and four numbers an
image of the pool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 8192  # rows of the pool in a product
QUERIES = 2048  # queries in a product: 64 MB of cosines at a time
SPARE = 16  # neighbours kept beyond those asked for, as float32 may swap near ties
DECIMALS = 6  # of a cosine: below that, order would depend on how a product was cut into blocks
NOTHING = -2.0  # below every cosine

Floats = NDArray[np.float32]
Blocks = Iterable[tuple[NDArray[np.int64], Floats]]


@dataclass(frozen=True, eq=False)
class Retrieved:
    """What a pool of N images holds for Q queries.

    Attributes:
        rows: (Q, k) int64, images of the pool, most similar first; equal ones by row. -1 where the
            pool ends.
        similarity: (Q, k) float64, their cosines in [-1, 1], rounded to 6 decimals.
        label: (N,) int64, label of the query that each image is most similar to; of equal ones the
            lowest. -1 for an image without features.
        best: (N,) float32, cosine with that query; -2 for an image without features.
        second: (N,) float32, highest cosine with a query of another label; -2 without one.
        other: (N,) float32, highest cosine with one of `others`; -2 without one.
    """

    rows: NDArray[np.int64]
    similarity: NDArray[np.float64]
    label: NDArray[np.int64]
    best: Floats
    second: Floats
    other: Floats


def retrieve(
    queries: Floats,
    labels: NDArray[np.int64],
    blocks: Blocks,
    size: int,
    k: int,
    fetch: Callable[[NDArray[np.int64]], Floats],
    others: Floats | None = None,
) -> Retrieved:
    """Find the k most similar images of each query, and the class that each image is nearest to.

    Args:
        queries: (Q, D) float32, unit length.
        labels: (Q,) int64, at least 0.
        blocks: the pool: row numbers (n,), ascending over all blocks, and their features (n, D),
            float32 of unit length. A row that no block has is never found.
        size: N, row numbers lie below.
        k: neighbours of each query, at least 1.
        fetch: gives the features (m, D) of some rows again.
        others: (O, D) float32, unit length: images that only have to be kept away from.
    """
    order = np.argsort(labels, kind="stable")
    parts = [order[start : start + QUERIES] for start in range(0, len(order), QUERIES)]
    tops = [_Top(len(part), k + SPARE) for part in parts]
    there, place = np.unique(labels, return_inverse=True)
    label = np.full(size, -1, np.int64)
    best, second, other = (np.full(size, NOTHING, np.float32) for _ in range(3))
    for rows, features in blocks:
        nearest = np.full((len(there), len(rows)), NOTHING, np.float32)  # (K, n)
        for part, top in zip(parts, tops, strict=True):
            cosines = queries[part] @ features.T  # (q, n)
            top.see(cosines, rows)
            _raise_class_cosines(nearest, cosines, place[part])
        label[rows], best[rows], second[rows] = _find_two_best(nearest, there)
        if others is not None:
            other[rows] = _find_highest(others, features)
    found = np.full((len(queries), k), -1, np.int64)
    similarity = np.full((len(queries), k), NOTHING)
    for part, top in zip(parts, tops, strict=True):
        for query, rows in zip(part.tolist(), top.rows(), strict=True):
            cosines, rows = _compare_exactly(queries[query], rows, fetch)
            found[query, : len(rows[:k])] = rows[:k]
            similarity[query, : len(rows[:k])] = cosines[:k]
    return Retrieved(found, similarity, label, best, second, other)


class _Top:
    """The highest cosines of some queries so far."""

    def __init__(self, queries: int, keep: int) -> None:
        self._keep = keep
        self._least = np.full(queries, -np.inf, np.float32)
        self._query, self._row = np.empty(0, np.int64), np.empty(0, np.int64)
        self._cosine = np.empty(0, np.float32)

    def see(self, cosines: Floats, rows: NDArray[np.int64]) -> None:
        """Take what may be among the highest out of a (q, n) block."""
        least = self._least
        if np.isinf(least[:1]).any() and len(rows) > self._keep:
            least = np.partition(cosines, -self._keep, axis=1)[:, -self._keep]
        query, place = np.divmod(np.flatnonzero(cosines >= least[:, None]), len(rows))
        self._query = np.concatenate([self._query, query])
        self._row = np.concatenate([self._row, rows[place]])
        self._cosine = np.concatenate([self._cosine, cosines[query, place]])
        if len(self._query) >= 2 * self._keep * len(self._least) or np.isinf(self._least[:1]).any():
            self._prune()

    def _prune(self) -> None:
        order = np.lexsort((self._row, -self._cosine, self._query))
        query = self._query[order]
        starts = np.searchsorted(query, np.arange(len(self._least)))
        order = order[np.arange(len(order)) - starts[query] < self._keep]
        self._query, self._row = self._query[order], self._row[order]
        self._cosine = self._cosine[order]
        ends = np.searchsorted(self._query, np.arange(len(self._least)), side="right")
        full = np.diff(ends, prepend=0) >= self._keep
        self._least[full] = self._cosine[ends[full] - 1]

    def rows(self) -> list[NDArray[np.int64]]:
        """Rows of each query, best first."""
        self._prune()
        ends = np.searchsorted(self._query, np.arange(len(self._least)), side="right")
        return np.split(self._row, ends[:-1])


def _raise_class_cosines(nearest: Floats, cosines: Floats, place: NDArray[np.int64]) -> None:
    """Raise each class's (K, n) highest cosines to those of a part of its queries, which lie
    together."""
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    for start, rows in zip(starts, np.split(cosines, starts[1:]), strict=True):
        row = nearest[place[start]]
        np.maximum(row, rows.max(axis=0), out=row)


def _find_two_best(
    nearest: Floats, labels: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Label and cosine of the nearest class, and the cosine of the next one."""
    np.round(nearest, DECIMALS, out=nearest)
    first = nearest.argmax(axis=0)  # (n,)
    columns = np.arange(nearest.shape[1])
    best = nearest[first, columns].copy()
    nearest[first, columns] = NOTHING
    return labels[first], best, nearest.max(axis=0)


def _find_highest(others: Floats, features: Floats) -> Floats:
    """(n,) highest cosine of each row with any of the others."""
    highest = np.full(len(features), NOTHING, np.float32)
    for start in range(0, len(others), QUERIES):
        cosines = others[start : start + QUERIES] @ features.T
        np.maximum(highest, cosines.max(axis=0), out=highest)
    rounded: Floats = np.round(highest, DECIMALS)
    return rounded


def _compare_exactly(
    query: Floats, rows: NDArray[np.int64], fetch: Callable[[NDArray[np.int64]], Floats]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Cosines in float64, highest first, and their rows."""
    rows = np.sort(rows)
    cosines = np.round(fetch(rows).astype(np.float64) @ query.astype(np.float64), DECIMALS)
    order = np.argsort(-cosines, kind="stable")
    return cosines[order], rows[order]
