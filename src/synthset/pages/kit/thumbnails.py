"""Images within the page: as data URIs, made smaller where the page would grow too large."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from synthset.images import UnreadableImage, decode
from synthset.store.dataset import Dataset

SIDES_PX = (
    (128, 5200),
    (96, 3400),
    (64, 2000),
    (48, 1400),
)  # side, and about how many characters it takes
PAGE = 10_000_000  # characters that all images of a page may take together
AS_IT_IS = 4096  # bytes; a small image up to this size is not encoded again
QUALITY = 80
MIME = ((b"\xff\xd8", "image/jpeg"), (b"\x89PNG", "image/png"), (b"RIFF", "image/webp"))


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """An image of the page.

    Attributes:
        uri: the image itself, `data:image/webp;base64,…`.
        width: of the original, in pixels.
        height: of the original, in pixels.
    """

    uri: str
    width: int
    height: int


def thumbnails(dataset: Dataset, ids: Sequence[str]) -> dict[str, Thumbnail]:
    """Make the thumbnails of some records; one that can't be read is left out.

    The more there are, the smaller they are, so that a page of any dataset stays under some 15 MB.
    """
    side = side_px(len(ids))
    found = zip(ids, dataset.images(ids) if ids else [], strict=True)
    made = {name: _thumbnail(image, side) for name, image in found}
    return {name: thumbnail for name, thumbnail in made.items() if thumbnail is not None}


def side_px(count: int) -> int:
    """Longest side of each of so many thumbnails, in pixels."""
    return next((side for side, size in SIDES_PX if size * count <= PAGE), SIDES_PX[-1][0])


def most() -> int:
    """How many thumbnails a page can hold at all."""
    return PAGE // SIDES_PX[-1][1]


def _thumbnail(image: Mapping[str, Any] | None, side: int) -> Thumbnail | None:
    if image is None or not image["bytes"]:
        return None
    try:
        pixels = decode(image["bytes"])  # (H, W, 3) uint8 RGB
    except UnreadableImage:
        return None
    height, width = pixels.shape[:2]
    mime = next((mime for magic, mime in MIME if image["bytes"].startswith(magic)), None)
    if mime and max(width, height) <= side and len(image["bytes"]) <= AS_IT_IS:
        return Thumbnail(_uri(mime, image["bytes"]), width, height)
    small = Image.fromarray(pixels)
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=QUALITY, method=4)
    return Thumbnail(_uri("image/webp", buffer.getvalue()), width, height)


def _uri(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"
