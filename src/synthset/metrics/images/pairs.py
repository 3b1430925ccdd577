"""Pairs of images that are much alike: found by cosine, joined to groups, or the nearest kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from synthset.errors import UsageError
from synthset.metrics.distances import BLOCK, CentredRows, squared_distances
from synthset.metrics.features import (
    Features,
    Scores,
    check_features,
    check_pair,
    cut_spans,
    normalise_rows,
)

WAITING = 2**20  # pairs that are gathered before they are joined

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Some pairs of images.

    Attributes:
        rows: (P,) int64.
        others: (P,) int64, rows of the other set, or of the same one.
        apart: (P,) float64, bits that differ, or 1 - cosine; lower is more alike.
    """

    rows: Indices
    others: Indices
    apart: Scores

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, mask: NDArray[np.bool_]) -> Pairs:
        """Some of them."""
        return Pairs(self.rows[mask], self.others[mask], self.apart[mask])


def find_cosine_pairs(
    features: Features, others: Features | None = None, similarity: float = 0.95
) -> Iterator[Pairs]:
    """Find the pairs whose cosine is at least `similarity`, exactly.

    Args:
        features: (N, D) float32 or float64, no row all zero.
        others: (M, D) to compare with; none compares within, each pair once, the lower row first.
        similarity: lowest cosine, in (0, 1].

    Yields:
        Pairs with `apart` = 1 - cosine; memory is that of the features and O(block^2).

    Raises:
        UsageError: as `features.check_features`, a row without direction, or a wrong similarity.
    """
    if not 0 < similarity <= 1:
        raise UsageError(f"similarity: found {similarity}; give a cosine above 0 and at most 1")
    features = check_features(features, "features")
    if others is not None:
        others, features = check_pair(others, features)
    unit = normalise_rows(features, "features")
    centre = unit.mean(axis=0, dtype=np.float64)
    rows = CentredRows.of(unit, centre, "cpu")
    against = (
        rows if others is None else CentredRows.of(normalise_rows(others, "others"), centre, "cpu")
    )
    for one in cut_spans(len(rows), BLOCK):
        for other in cut_spans(len(against), BLOCK):
            if others is None and other.start < one.start:
                continue
            squared = squared_distances(rows[one], against[other]).numpy()  # 2 - 2 cosine
            found, at = np.nonzero(squared <= 2 * (1 - similarity))
            apart = squared[found, at].astype(np.float64) / 2
            block = Pairs(found + one.start, at + other.start, apart)
            if others is None:
                block = block.where(block.rows < block.others)
            if len(block):
                yield block


class Groups:
    """Which images hang together, directly or by way of others.

    Args:
        count: N, how many images.
    """

    def __init__(self, count: int) -> None:
        self._labels: Indices = np.arange(count, dtype=np.int64)
        self._waiting: list[Pairs] = []

    def join(self, pairs: Pairs) -> None:
        """Put the two of each pair, and all that hangs on them, into one group."""
        self._waiting.append(pairs)
        if sum(len(waiting) for waiting in self._waiting) >= WAITING:
            self._settle()

    @property
    def labels(self) -> Indices:
        """(N,) number of each image's group: the lowest row in it."""
        self._settle()
        return self._labels

    def _settle(self) -> None:
        one = np.concatenate([self._labels[pairs.rows] for pairs in self._waiting] or [_NONE])
        other = np.concatenate([self._labels[pairs.others] for pairs in self._waiting] or [_NONE])
        self._waiting = []
        new = one != other
        if not new.any():
            return
        count = len(self._labels)
        links = coo_array((new[new], (one[new], other[new])), shape=(count, count))
        _, merged = connected_components(links, directed=False)
        _, lowest, group = np.unique(merged[self._labels], return_index=True, return_inverse=True)
        self._labels = lowest[group].astype(np.int64)


class Closest:
    """The most alike of the other set, for each image of one, out of pairs as they come.

    Args:
        count: N, how many images.

    Attributes:
        apart: (N,) float64, infinite where there was no pair.
        others: (N,) int64, the first of equally near ones; -1 where there was no pair.
    """

    def __init__(self, count: int) -> None:
        self.apart: Scores = np.full(count, np.inf)
        self.others: Indices = np.full(count, -1, dtype=np.int64)

    def see(self, pairs: Pairs) -> None:
        """Take in some more pairs."""
        order = np.lexsort((pairs.others, pairs.apart, pairs.rows))
        rows, first = np.unique(pairs.rows[order], return_index=True)
        apart, others = pairs.apart[order][first], pairs.others[order][first]
        before = self.apart[rows]
        closer = (apart < before) | ((apart == before) & (others < self.others[rows]))
        self.apart[rows[closer]] = apart[closer]
        self.others[rows[closer]] = others[closer]


_NONE = np.zeros(0, dtype=np.int64)
