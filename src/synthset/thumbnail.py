"""A small copy of an image, as a data URI that a page or a notebook can hold."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

from PIL import Image

from synthset.images import UnreadableImage, decode

AS_IT_IS = 4096  # bytes; a small image up to this size is not encoded again
QUALITY = 80
MIME = ((b"\xff\xd8", "image/jpeg"), (b"\x89PNG", "image/png"), (b"RIFF", "image/webp"))


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small copy of an image.

    Attributes:
        uri: the image itself, `data:image/webp;base64,…`.
        width: of the original, in pixels.
        height: of the original, in pixels.
    """

    uri: str
    width: int
    height: int


def make_thumbnail(data: bytes | None, side_px: int) -> Thumbnail | None:
    """Make an encoded image small; None where there is none, or it can't be read.

    Args:
        data: the encoded image.
        side_px: longest side of the thumbnail.
    """
    if not data:
        return None
    try:
        pixels = decode(data)  # (H, W, 3) uint8 RGB
    except UnreadableImage:
        return None
    height, width = pixels.shape[:2]
    mime = next((mime for magic, mime in MIME if data.startswith(magic)), None)
    if mime and max(width, height) <= side_px and len(data) <= AS_IT_IS:
        return Thumbnail(_uri(mime, data), width, height)
    small = Image.fromarray(pixels)
    small.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=QUALITY, method=4)
    return Thumbnail(_uri("image/webp", buffer.getvalue()), width, height)


def _uri(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"
