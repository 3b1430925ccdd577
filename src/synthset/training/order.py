"""Which images an update sees: a function of the seed and its number alone."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


class Order:
    """An endless row of images, cut into batches.

    Naturally it is one shuffled epoch behind the other; a batch may begin in one and end in the
    next. Sets of one size and seed have the same order. Balanced, every class comes equally often,
    and each has its own epochs.
    """

    def __init__(self, labels: NDArray[np.int64], seed: list[int], balanced: bool) -> None:
        """Prepare the order.

        Args:
            labels: (N,) class of each image.
            seed: numbers that decide the order.
            balanced: whether to draw every class equally often.
        """
        self._seed = seed
        self._groups = (
            [np.flatnonzero(labels == label) for label in np.unique(labels)]
            if balanced
            else [np.arange(len(labels))]
        )
        self._shuffled = lru_cache(maxsize=2 * len(self._groups) + 2)(self._shuffle)

    def batch(self, number: int, size: int) -> tuple[Indices, Indices]:
        """Choose the images of one update.

        Args:
            number: of the update, from 0.
            size: images in each.

        Returns:
            (size,) indices of images, and (size,) how often each was drawn before.
        """
        places = range(number * size, (number + 1) * size)
        drawn = [self._draw(place) for place in places]
        return (
            np.array([index for index, _ in drawn], dtype=np.int64),
            np.array([epoch for _, epoch in drawn], dtype=np.int64),
        )

    def _draw(self, place: int) -> tuple[int, int]:
        groups = len(self._groups)
        turn, within = divmod(place, groups)  # each turn has one image of every group
        group = int(self._shuffled(0, groups, turn)[within]) if groups > 1 else 0
        members = self._groups[group]
        epoch, rank = divmod(turn, len(members))
        return int(members[self._shuffled(1 + group, len(members), epoch)[rank]]), epoch

    def _shuffle(self, what: int, size: int, epoch: int) -> Indices:
        rng = np.random.default_rng([*self._seed, what, epoch])
        return rng.permutation(size)
