"""What a GAN learns from: pictures of one size, their classes, and how often each is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthset.errors import RecipeError
from synthset.formats.listed import Listed
from synthset.formats.manifest import UNREADABLE, Passed
from synthset.formats.originals import Originals
from synthset.images import Pixels
from synthset.sources.square import cut_square

PAIRS = 256  # pictures of a class that are compared with another
TINY = 1e-3  # least difference, an eighth of a grey level


@dataclass(frozen=True)
class Examples:
    """Labelled pictures.

    Attributes:
        pictures: (N, S, S, 3) uint8 RGB.
        labels: (N,) int64 below K.
    """

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.int64]) -> Examples:
        """Those of some rows."""
        return Examples(self.pictures[rows], self.labels[rows])

    def tensor(self, rows: Tensor) -> Tensor:
        """Some pictures as a network wants them, (n, 3, S, S) float32 in [-1, 1]."""
        chosen = torch.from_numpy(self.pictures[rows.numpy()])
        return chosen.permute(0, 3, 1, 2).float().div_(127.5).sub_(1).contiguous()


def read_examples(
    found: Sequence[Listed],
    labels: Sequence[int],
    originals: Originals,
    size_px: int,
    passed: Passed,
) -> Examples:
    """Read pictures and bring them to one size; what cannot be read is left out.

    Args:
        found: where they lie.
        labels: class of each.
        originals: reads them.
        size_px: width and height.
        passed: gathers what is left out.

    Raises:
        RecipeError: none of them can be read.
    """
    pictures: list[Pixels] = []
    kept: list[int] = []
    for image, label in zip(found, labels, strict=True):
        pixels = originals.read_pixels(image.source, image.content)
        if isinstance(pixels, str):
            passed.add(UNREADABLE, image.source, pixels)
            continue
        pictures.append(cut_square(pixels, size_px))
        kept.append(label)
    if not pictures:
        raise RecipeError("source.paths", "none of the images can be read", "name other images")
    return Examples(np.stack(pictures), np.array(kept, dtype=np.int64))


def measure_spreads(examples: Examples, classes: int, seed: int) -> NDArray[np.float64]:
    """How much two pictures of a class differ.

    Args:
        examples: the pictures.
        classes: K.
        seed: of the pairs that are compared.

    Returns:
        (K,) mean absolute differences, for values in [-1, 1]; tiny for classes without two
        different pictures.
    """
    random = np.random.default_rng(seed)
    found = np.full(classes, TINY)
    for label in range(classes):
        rows = np.flatnonzero(examples.labels == label)
        if len(rows) < 2:
            continue
        first, second = random.choice(rows, PAIRS), random.choice(rows, PAIRS)
        pairs = [p[first != second] for p in (first, second)]
        a, b = (examples.pictures[rows].astype(np.float32) / 127.5 for rows in pairs)
        found[label] = max(TINY, float(np.abs(a - b).mean()) if len(a) else 0.0)
    return found


def compute_shares(labels: NDArray[np.int64], classes: int, balance: float) -> NDArray[np.float64]:
    """How often each class is drawn.

    Args:
        labels: (N,) classes of the pictures.
        classes: K.
        balance: 0 draws as often as a class has pictures, 1 all classes equally often.

    Returns:
        (K,) shares that add up to 1; 0 for a class without pictures.
    """
    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    weights = np.where(counts > 0, counts ** (1 - balance), 0)
    return np.asarray(weights / weights.sum())
