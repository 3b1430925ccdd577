"""One kept image of a dataset, whose pixels are read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from synthset.images import decode


@dataclass(frozen=True, slots=True)
class KeptImage:
    """A kept image, and what is known of it.

    Attributes:
        id: of the record.
        label: place of its class in the dataset's list, from 0.
        class_name: its class.
        record: the record, as a row of `Dataset.kept`: prompt, seed, scores, …
        read: gives the encoded bytes.
    """

    id: str
    label: int
    class_name: str
    record: Mapping[str, Any] = field(repr=False)
    read: Callable[[], bytes] = field(repr=False)

    @property
    def image(self) -> Image.Image:
        """The picture, RGB and upright."""
        return to_picture(self.read())


def to_picture(data: bytes) -> Image.Image:
    """Decode an image as Pillow's: RGB, upright."""
    return Image.fromarray(decode(data))
