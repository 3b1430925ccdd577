"""Puts the batches of a stage together, one ahead of the model."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from synthset.training.augment import Draws, apply_policy, draw
from synthset.training.mixing import Mixer
from synthset.training.order import Order
from synthset.training.pixels import Prepared
from synthset.training.task import Task, TrainingStage

ORDER, CHANGES, MIXES = 1, 2, 3  # keep the random numbers of different uses apart


@dataclass(frozen=True)
class Batch:
    """Images of one update that this process sees.

    Attributes:
        pixels: (B, 3, S, S) uint8, on the CPU.
        labels: (B,) int64.
        sources: (B, S) float32 share of each source in the image.
        phase: of the stage's draws, from 0.
        draws: what `augment` does to them.
    """

    pixels: Tensor
    labels: Tensor
    sources: Tensor
    phase: int
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
        self._task, self._part, self._stage = task, part, task.stages[stage]
        self._images, self._starts = self._stage.images, self._stage.starts
        # The last stage has the same random numbers whether or not another one came before.
        self._tag = len(task.stages) - 1 - stage
        seeds = [
            [task.seed, ORDER, self._tag, *([i] if i else [])] for i in range(len(self._starts))
        ]
        self._orders = [
            Order(*_order_of(self._stage, i, task.classes, task.loss.sampling), seed)
            for i, seed in enumerate(seeds)
        ]
        self._mixers = [self._mixer(i) for i in range(len(self._starts))]
        self._prepared = Prepared(self._images, task.preprocessing, training=True, seed=task.seed)

    def _mixer(self, phase: int) -> Mixer | None:
        stage, classes = self._stage, self._task.classes
        if stage.mix is None:
            return None
        drawn = np.ones((len(stage.images.names), classes), np.bool_)
        if stage.draws:
            drawn = stage.draws[phase].table > 0
        return Mixer(stage.mix, stage.images, classes, drawn)

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
        phase = bisect_right(self._starts, number) - 1
        indices, epochs = self._orders[phase].batch(number - self._starts[phase], size)
        rng = np.random.default_rng([self._task.seed, CHANGES, self._tag, number])
        draws = draw(settings, size, self._task.preprocessing.size_px, rng).cut(self._part)
        mine = indices[self._part]
        batch = self._read(mine, epochs[self._part])
        sources = self._weigh(mine)
        mixer = self._mixers[phase]
        if mixer is not None:
            rng = np.random.default_rng([self._task.seed, MIXES, self._tag, number])
            partners = mixer.draw(indices, batch.shape[-1], rng).cut(self._part)
            batch = partners.mix(batch, self._read(partners.rows, epochs[self._part]))
            share = torch.from_numpy(partners.share)[:, None]
            sources = share * sources + (1 - share) * self._weigh(partners.rows)
        labels = torch.from_numpy(self._images.labels[mine])
        changed = apply_policy(batch, settings, draws)
        return Batch(changed, labels, sources, phase, replace(draws, policy=None))

    def _read(self, rows: NDArray[np.int64], epochs: NDArray[np.int64]) -> Tensor:
        """(B, 3, S, S) uint8."""
        return torch.from_numpy(self._prepared.take(rows, epochs)).permute(0, 3, 1, 2)

    def _weigh(self, rows: NDArray[np.int64]) -> Tensor:
        """All of each image is of its source: (B, S)."""
        origins = torch.from_numpy(self._images.origins[rows].astype(np.int64))
        return functional.one_hot(origins, len(self._images.names)).float()

    def sample(self, count: int) -> Tensor:
        """Give images as they are drawn first, unchanged: (N, 3, S, S) uint8."""
        return self._read(*self._orders[0].batch(0, count))


def _order_of(
    stage: TrainingStage, phase: int, classes: int, sampling: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells of the images, and how often each is drawn in a turn: by the phase's table, each class
    once, or all images as one cell."""
    images = stage.images
    if stage.draws:
        table = stage.draws[phase].table
        return images.origins * np.int64(classes) + images.labels, table.reshape(-1)
    if sampling == "balanced":
        there = np.bincount(images.labels, minlength=classes) > 0
        return images.labels, there.astype(np.int64)
    return np.zeros(len(images), np.int64), np.ones(1, np.int64)
