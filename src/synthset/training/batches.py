"""Puts the batches of a stage together, one ahead of the model."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthset.training.augment import Draws, apply_policy, draw
from synthset.training.order import Order
from synthset.training.pixels import Prepared
from synthset.training.task import Task, TrainingStage

ORDER, CHANGES = 1, 2  # keep the random numbers of different uses apart


@dataclass(frozen=True)
class Batch:
    """Images of one update that this process sees.

    Attributes:
        pixels: (B, 3, S, S) uint8, on the CPU.
        labels: (B,) int64.
        origins: (B,) int64 index of the source.
        draws: what `augment` does to them.
    """

    pixels: Tensor
    labels: Tensor
    origins: Tensor
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
        cells, times = _order_of(task.stages[stage], task.classes, task.loss.sampling)
        # The last stage has the same random numbers whether or not another one came before.
        self._tag = len(task.stages) - 1 - stage
        self._order = Order(cells, times, [task.seed, ORDER, self._tag])
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
        origins = torch.from_numpy(self._images.origins[mine].astype(np.int64))
        return Batch(apply_policy(batch, settings, draws), labels, origins, draws)

    def sample(self, count: int) -> Tensor:
        """Give images as they are drawn first, unchanged: (N, 3, S, S) uint8."""
        indices, epochs = self._order.batch(0, count)
        return torch.from_numpy(self._prepared.take(indices, epochs)).permute(0, 3, 1, 2)


def _order_of(
    stage: TrainingStage, classes: int, sampling: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells of the images, and how often each is drawn in a turn: by the stage's table, each class
    once, or all images as one cell."""
    images = stage.images
    if stage.draws is not None:
        return images.origins * np.int64(classes) + images.labels, stage.draws.reshape(-1)
    if sampling == "balanced":
        there = np.bincount(images.labels, minlength=classes) > 0
        return images.labels, there.astype(np.int64)
    return np.zeros(len(images), np.int64), np.ones(1, np.int64)
