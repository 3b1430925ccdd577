"""Which images an update sees: a function of the seed and its number alone."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


class Order:
    """An endless row of images, cut into batches.

    Images lie in cells, such as classes. The row is made of turns, in each of which every cell
    comes a fixed number of times, shuffled; within a cell one shuffled epoch follows the other, and
    a batch may begin in one and end in the next. With a single cell this is the usual shuffling,
    and sets of one size and seed have the same order.
    """

    def __init__(self, cells: Indices, times: Indices, seed: list[int]) -> None:
        """Prepare the order.

        Args:
            cells: (N,) cell of each image, from 0 to C - 1.
            times: (C,) how often each cell comes in a turn; 0 for those without images.
            seed: numbers that decide the order.
        """
        self._seed = seed
        there = np.flatnonzero(times)
        self._members = [np.flatnonzero(cells == cell) for cell in there]
        self._times = times[there]
        self._sizes = np.array([len(one) for one in self._members], np.int64)
        self._turn = np.repeat(np.arange(len(there)), self._times)  # of cells that are there
        self._shuffled = lru_cache(maxsize=2 * len(there) + 2)(self._shuffle)
        self._drawn = lru_cache(maxsize=4)(self._draw_turn)

    def batch(self, number: int, size: int) -> tuple[Indices, Indices]:
        """Choose the images of one update.

        Args:
            number: of the update, from 0.
            size: images in each.

        Returns:
            (size,) indices of images, and (size,) how often each was drawn before.
        """
        places = np.arange(number * size, (number + 1) * size)
        cells, before = self._place(places)
        epochs, ranks = np.divmod(before, self._sizes[cells])
        indices = np.empty(size, np.int64)
        groups = cells + len(self._members) * epochs
        sorted_places = np.argsort(groups, kind="stable")
        bounds = np.flatnonzero(np.diff(groups[sorted_places])) + 1
        for mine in np.split(sorted_places, bounds):
            epoch, cell = divmod(int(groups[mine[0]]), len(self._members))
            members = self._members[cell]
            indices[mine] = members[self._shuffled(1 + cell, len(members), epoch)[ranks[mine]]]
        return indices, epochs

    def _place(self, places: Indices) -> tuple[Indices, Indices]:
        """Tell the cell of each place of the row, and how many draws it had before."""
        length = len(self._turn)
        if length == 1:
            return np.zeros_like(places), places
        cells, before = np.empty_like(places), np.empty_like(places)
        turns = places // length
        for turn in np.unique(turns).tolist():
            mine = turns == turn
            drawn, ranks = self._drawn(turn)
            within = places[mine] - turn * length
            cells[mine] = drawn[within]
            before[mine] = turn * self._times[cells[mine]] + ranks[within]
        return cells, before

    def _draw_turn(self, turn: int) -> tuple[Indices, Indices]:
        """Shuffle the cells of a turn; the second array counts each cell's places from 0."""
        drawn = self._turn[self._shuffle(0, len(self._turn), turn)]
        ranks = np.empty_like(drawn)
        sorted_places = np.argsort(drawn, kind="stable")
        ranks[sorted_places] = np.arange(len(drawn)) - np.searchsorted(self._turn, self._turn)
        return drawn, ranks

    def _shuffle(self, what: int, size: int, epoch: int) -> Indices:
        rng = np.random.default_rng([*self._seed, what, epoch])
        return rng.permutation(size)
