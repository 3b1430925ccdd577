"""LabelledImages images that a classifier is trained on or judged by, read when they are needed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.errors import UsageError
from synthset.seeds import digest


@dataclass(frozen=True)
class LabelledImages:
    """Images with their class and origin.

    Attributes:
        read: gives the encoded bytes of image i, from 0 to N - 1; may be called from threads.
        labels: (N,) int64 index of the class.
        origins: (N,) int16 index into `names`: which set an image came from.
        names: of the sets, such as `real` and `sd`.
        keys: N names of the images' bytes, such as their SHA-256: equal keys mean equal images.
            They decide what preprocessing draws at random for an image.
    """

    read: Callable[[int], bytes]
    labels: NDArray[np.int64]
    origins: NDArray[np.int16]
    names: tuple[str, ...]
    keys: tuple[str, ...]

    def __post_init__(self) -> None:
        sizes = {len(self.labels), len(self.origins), len(self.keys)}
        if len(sizes) > 1:
            raise UsageError(
                f"found {len(self.labels)} labels, {len(self.origins)} origins and "
                f"{len(self.keys)} keys; give one of each for every image"
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def content(self) -> str:
        """A name for images and labels, by what they are."""
        return digest([list(self.keys), self.labels.tolist()])

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> LabelledImages:
        """Choose images, in the given order; one may be there several times."""
        chosen = np.asarray(indices, dtype=np.int64)
        places = chosen.tolist()
        return LabelledImages(
            _Chosen(self.read, places),
            self.labels[chosen],
            self.origins[chosen],
            self.names,
            tuple(self.keys[i] for i in places),
        )

    def count_images(self, classes: int) -> dict[str, NDArray[np.int64]]:
        """Count the images of each origin by class: name -> (K,) int64."""
        return {
            name: np.bincount(self.labels[self.origins == i], minlength=classes)
            for i, name in enumerate(self.names)
        }

    @staticmethod
    def join(parts: Sequence[LabelledImages]) -> LabelledImages:
        """Put sets one behind the other; origins of one name become one."""
        if not parts:
            raise UsageError("there are no images to join; give at least one set")
        names = tuple(dict.fromkeys(name for part in parts for name in part.names))
        origins = [
            np.array([names.index(name) for name in part.names], dtype=np.int16)[part.origins]
            for part in parts
        ]
        starts = np.cumsum([0, *(len(part) for part in parts)])
        return LabelledImages(
            _Behind([part.read for part in parts], starts.tolist()),
            np.concatenate([part.labels for part in parts]),
            np.concatenate(origins),
            names,
            tuple(key for part in parts for key in part.keys),
        )


@dataclass(frozen=True)
class _Chosen:
    """Reads some images of a set; a class, so that it can be sent to another process."""

    read: Callable[[int], bytes]
    places: Sequence[int]

    def __call__(self, i: int) -> bytes:
        return self.read(self.places[i])


@dataclass(frozen=True)
class _Behind:
    """Reads from sets that lie one behind the other."""

    reads: Sequence[Callable[[int], bytes]]
    starts: Sequence[int]

    def __call__(self, i: int) -> bytes:
        which = bisect_right(self.starts, i) - 1
        return self.reads[which](i - self.starts[which])
