"""Puts the batches of a stage together, one ahead of the model."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from synthset.training.augment import Draws, apply_policy, draw
from synthset.training.order import Order
from synthset.training.pixels import Prepared
from synthset.training.task import Task

ORDER, CHANGES = 1, 2  # keep the random numbers of different uses apart


@dataclass(frozen=True)
class Batch:
    """Images of one update that this process sees.

    Attributes:
        pixels: (B, 3, S, S) uint8, on the CPU.
        labels: (B,) int64.
        draws: what `augment` does to them.
    """

    pixels: Tensor
    labels: Tensor
    draws: Draws


class Batches:
    """The updates of one stage."""

    def __init__(self, task: Task, stage: int, part: slice) -> None:
        """Prepare a stage.

        Args:
            task: what is trained.
            stage: index of the stage.
            part: of each batch that this process sees.
        """
        self._task, self._part = task, part
        self._images = task.stages[stage].images
        # The last stage has the same random numbers whether or not another one came before.
        self._tag = len(task.stages) - 1 - stage
        balanced = task.loss.sampling == "balanced"
        self._order = Order(self._images.labels, [task.seed, ORDER, self._tag], balanced)
        self._prepared = Prepared(self._images, task.preprocessing, training=True, seed=task.seed)

    def run(self, first: int, last: int) -> Iterator[Batch]:
        """Give the batches of the updates from `first` up to `last`; a thread makes the next."""
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(self._make, first) if first < last else None
            for number in range(first, last):
                assert coming is not None
                batch = coming.result()
                coming = ahead.submit(self._make, number + 1) if number + 1 < last else None
                yield batch

    def _make(self, number: int) -> Batch:
        settings, size = self._task.training.augmentation, self._task.training.batch_size
        indices, epochs = self._order.batch(number, size)
        rng = np.random.default_rng([self._task.seed, CHANGES, self._tag, number])
        draws = draw(settings, size, self._task.preprocessing.size_px, rng).cut(self._part)
        mine = indices[self._part]
        pixels = self._prepared.take(mine, epochs[self._part])
        batch = torch.from_numpy(pixels).permute(0, 3, 1, 2)  # (B, 3, S, S)
        labels = torch.from_numpy(self._images.labels[mine])
        return Batch(apply_policy(batch, settings, draws), labels, draws)
