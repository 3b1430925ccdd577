"""Mixes training images with images of the same class from another source; the label stays.

Papers: mixup, arXiv 1710.09412; CutMix, arXiv 1905.04899.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthset.recipe.training import Mixing
from synthset.training.augment import Box, blend, draw_shares
from synthset.training.labelled import LabelledImages

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Partners:
    """What each image of a batch is mixed with.

    Attributes:
        rows: (B,) int64 of the images that are mixed in; its own where an image stays whole.
        share: (B,) float32 of the image that is its own.
        box: (B, 4) what CutMix takes from the partner, or None.
    """

    rows: Rows
    share: NDArray[np.float32]
    box: Box | None

    def cut(self, part: slice) -> Partners:
        """Take those of one process."""
        box = None if self.box is None else self.box[part]
        return Partners(self.rows[part], self.share[part], box)

    def mix(self, images: Tensor, others: Tensor) -> Tensor:
        """Mix images with their partners: (B, 3, S, S) uint8 each to the same."""
        box = None if self.box is None else torch.from_numpy(self.box)
        mixed = blend(images.float(), others.float(), torch.from_numpy(self.share), box)
        return mixed.round().to(torch.uint8)


class Mixer:
    """Finds partners: each image of the class from another source is as likely as any other."""

    def __init__(
        self, settings: Mixing, images: LabelledImages, classes: int, drawn: NDArray[np.bool_]
    ) -> None:
        """Sort the images.

        Args:
            settings: how to mix.
            images: of the stage.
            classes: K.
            drawn: (S, K) sources and classes whose images may be mixed in.
        """
        self._settings, self._images, self._sources = settings, images, len(images.names)
        cells = self._cells(np.arange(len(images)))
        rows = np.flatnonzero(drawn[images.origins, images.labels])
        self._rows = rows[np.argsort(cells[rows], kind="stable")]  # by class, then by source
        self._counts = np.bincount(cells[rows], minlength=classes * self._sources)
        self._starts = np.cumsum(self._counts) - self._counts

    def draw(self, rows: Rows, size_px: int, rng: np.random.Generator) -> Partners:
        """Draw the partners of a whole batch.

        Args:
            rows: (B,) its images.
            size_px: of an image.
            rng: decides.
        """
        kind, alpha = self._settings.kind, self._settings.alpha
        share, box = draw_shares(kind, alpha, len(rows), size_px, rng)
        mixed, place = rng.random(len(rows)) < self._settings.share, rng.random(len(rows))
        own, first = self._cells(rows), self._images.labels[rows] * self._sources
        of_class = self._counts.reshape(-1, self._sources).sum(axis=1)[self._images.labels[rows]]
        others = of_class - self._counts[own]
        mixed &= others > 0
        partner = self._starts[first] + np.floor(place * others).astype(np.int64)
        partner += np.where(partner >= self._starts[own], self._counts[own], 0)
        share[~mixed] = 1
        if box is not None:
            box[~mixed] = 0
        found = self._rows[np.where(mixed, partner, 0)]
        return Partners(np.where(mixed, found, rows), share, box)

    def _cells(self, rows: Rows) -> Rows:
        cells: Rows = self._images.labels[rows] * self._sources + self._images.origins[rows]
        return cells
