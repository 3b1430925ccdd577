"""Decodes and prepares images on threads: once where nothing is random, else for each batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from synthset.errors import DatasetError
from synthset.images import Pixels, UnreadableImage, decode
from synthset.machine import count_cores
from synthset.recipe.training import Preprocessing
from synthset.training.labelled import LabelledImages
from synthset.training.preprocess import Draw, is_random, preprocess, shrink_ahead

CACHE_BYTES = 2 << 30  # of prepared pixels in memory: 700,000 images of 32 px, 14,000 of 224 px
MOST_THREADS = 32
_DECODED: dict[tuple[str, str], Pixels] = {}  # of this process: key and settings -> pixels
_BYTES = [0]  # of those


class Prepared:
    """Images as the model sees them.

    They are kept in memory where nothing about them is random and all of them take less than 2 GiB;
    else each is prepared when it is asked for, from what was decoded and shrunk before. What a
    process has decoded or prepared once, up to 2 GiB, serves its other trainings too.
    """

    def __init__(
        self, images: LabelledImages, settings: Preprocessing, *, training: bool, seed: int = 0
    ) -> None:
        """Say what to prepare; nothing is read yet.

        Args:
            images: where they come from.
            settings: what to do with each.
            training: whether margins and colours may be random.
            seed: decides what is random, with the image's key and the epoch.
        """
        self._images, self._settings = images, settings
        self._training, self._seed = training, seed
        size = 3 * settings.size_px**2 * len(images)
        self._keeps = size <= CACHE_BYTES and not is_random(settings, training)
        self._kept: NDArray[np.uint8] | None = None
        self._name = settings.model_dump_json()
        self._pool = ThreadPoolExecutor(min(count_cores(), MOST_THREADS))

    def __len__(self) -> int:
        return len(self._images)

    def take(
        self, indices: NDArray[np.int64], epochs: NDArray[np.int64] | None = None
    ) -> NDArray[np.uint8]:
        """Prepare some images.

        Args:
            indices: (B,) which.
            epochs: (B,) how often each was seen before, for what is random; none is 0.

        Returns:
            (B, size_px, size_px, 3) uint8 RGB.

        Raises:
            DatasetError: one cannot be read; it is named by its key.
        """
        if self._keeps:
            if self._kept is None:
                self._kept = self._make(range(len(self._images)), [0] * len(self._images))
            return self._kept[indices]
        seen = [0] * len(indices) if epochs is None else epochs.tolist()
        return self._make(indices.tolist(), seen)

    def _make(self, indices: Sequence[int], epochs: Sequence[int]) -> NDArray[np.uint8]:
        size = self._settings.size_px
        out = np.empty((len(indices), size, size, 3), np.uint8)
        for row, pixels in enumerate(self._pool.map(self._one, indices, epochs)):
            out[row] = pixels
        return out

    def _one(self, i: int, epoch: int) -> Pixels:
        if self._keeps:
            return self._keep(i, self._name, lambda: self._prepare(i, epoch))
        return self._prepare(i, epoch)

    def _prepare(self, i: int, epoch: int) -> Pixels:
        key = self._images.keys[i]
        draw = Draw.train(key, self._seed, epoch) if self._training else Draw.testing(key)
        return preprocess(self._open(i), self._settings, draw)

    def _open(self, i: int) -> Pixels:
        """Decode an image; where it is prepared anew each time, as small as that allows."""
        if not is_random(self._settings, self._training):
            return self._decode(i)
        size = f"{self._settings.size_px} {self._settings.kernel}"
        return self._keep(i, size, lambda: shrink_ahead(self._decode(i), self._settings))

    def _decode(self, i: int) -> Pixels:
        try:
            return decode(self._images.read(i))
        except (UnreadableImage, OSError) as fault:
            key = self._images.keys[i]
            raise DatasetError(f"image {key}: {fault}; repair it, or remove it") from None

    def _keep(self, i: int, how: str, make: Callable[[], Pixels]) -> Pixels:
        name = (self._images.keys[i], how)
        pixels = _DECODED.get(name)
        if pixels is None:
            pixels = make()
            if _BYTES[0] + pixels.nbytes <= CACHE_BYTES:
                _DECODED[name] = pixels
                _BYTES[0] += pixels.nbytes
        return pixels
