"""Near copies by perceptual hash: all pairs of 64-bit hashes that differ in few bits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from synthset.errors import UsageError
from synthset.metrics.features import cut_spans
from synthset.metrics.images.pairs import Pairs

BITS = 64
BLOCK = 1024  # hashes a side: 8 MB of differences at a time
WIDEST_BANDED = 8  # with more bands, each is so short that every bucket holds a large part of all

Hashes = NDArray[np.uint64]
Rows = NDArray[np.int64]


def find_hamming_pairs(
    hashes: Hashes, others: Hashes | None = None, radius: int = 4
) -> Iterator[Pairs]:
    """Find the pairs whose hashes differ in at most `radius` bits, exactly.

    Cut into radius + 1 bands, two such hashes agree in one whole band at least, so only hashes of
    the same bucket are compared (pigeonhole; Manku et al. 2007). A pair may come more than once.

    Args:
        hashes: (N,) uint64.
        others: (M,) uint64 to compare with; none compares within, each pair once a band.
        radius: bits, 0 to 64.

    Yields:
        Pairs with `apart` in bits; memory is O(N + M + block^2).

    >>> next(find_hamming_pairs(np.array([0, 0b111, 0b1], np.uint64), radius=1)).rows.tolist()
    [0]
    """
    if not 0 <= radius <= BITS:
        raise UsageError(f"radius: found {radius}; hashes of {BITS} bits allow 0 to {BITS}")
    against = hashes if others is None else others
    for mask in _bands(radius):
        for rows, columns in _buckets(hashes & mask, against & mask):
            for block in _blocks(hashes, rows, against, columns, radius):
                if others is None:
                    block = block.where(block.rows < block.others)
                if len(block):
                    yield block


def _bands(radius: int) -> list[np.uint64]:
    """Masks of radius + 1 parts of the bits; of no bits, where parts would be too short to help."""
    if radius > WIDEST_BANDED:
        return [np.uint64(0)]
    ends = np.linspace(0, BITS, radius + 2).round().astype(int).tolist()
    return [np.uint64((1 << high) - (1 << low)) for low, high in pairwise(ends)]


def _buckets(keys: Hashes, others: Hashes) -> Iterator[tuple[Rows, Rows]]:
    """Rows of either side that share a key."""
    order, turned = np.argsort(keys, kind="stable"), np.argsort(others, kind="stable")
    shared = np.intersect1d(keys, others)
    starts, stops = (np.searchsorted(keys[order], shared, side) for side in ("left", "right"))
    firsts, lasts = (np.searchsorted(others[turned], shared, side) for side in ("left", "right"))
    for a, b, c, d in zip(starts, stops, firsts, lasts, strict=True):
        yield order[a:b], turned[c:d]


def _blocks(
    hashes: Hashes, rows: Rows, others: Hashes, columns: Rows, radius: int
) -> Iterator[Pairs]:
    for one in cut_spans(len(rows), BLOCK):
        for other in cut_spans(len(columns), BLOCK):
            mine, theirs = rows[one], columns[other]
            apart = np.bitwise_count(hashes[mine, None] ^ others[None, theirs])  # (n, m) uint8
            near, at = np.nonzero(apart <= radius)
            yield Pairs(mine[near], theirs[at], apart[near, at].astype(np.float64))
