"""Pixels: decoding, encoding and hashing. At rest an image is uint8 RGB (H, W, 3); this is the one
place that decodes."""

from __future__ import annotations

import hashlib
import io
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

Pixels = NDArray[np.uint8]
ImageFormat = Literal["jpeg", "png", "webp"]

ORIENTATION = 0x0112  # EXIF tag; 1 is upright
EXTENSIONS: dict[str, str] = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}


class UnreadableImage(ValueError):
    """The bytes are no image that Pillow can read to its end."""


def decode(data: bytes) -> Pixels:
    """Read an encoded image.

    Args:
        data: the bytes of a JPEG, PNG, WebP or other file that Pillow reads.

    Returns:
        (H, W, 3) uint8 RGB, turned upright by its EXIF orientation; transparency lies on white.

    Raises:
        UnreadableImage: the bytes are truncated or no image.
    """
    try:
        with Image.open(io.BytesIO(data)) as opened:
            image = ImageOps.exif_transpose(opened) if _is_turned(opened) else opened
            if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
                image = image.convert("RGBA")
                white = Image.new("RGBA", image.size, (255, 255, 255, 255))
                image = Image.alpha_composite(white, image)
            return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))  # (H, W, 3)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as fault:
        raise UnreadableImage(f"not a readable image ({fault})") from fault
    except Image.DecompressionBombError as fault:
        raise UnreadableImage(f"refused: {fault}") from fault


def _is_turned(image: Image.Image) -> bool:
    return bool(image.getexif().get(ORIENTATION, 1) != 1)


def encode(pixels: Pixels, image_format: ImageFormat = "jpeg", quality: int = 95) -> bytes:
    """Write an image.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        image_format: `jpeg` and `webp` lose detail according to `quality`; `png` is exact, and
            `webp` at 100 too.
        quality: 1 to 100, without effect on `png`.
    """
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    if image_format == "jpeg":
        image.save(buffer, "JPEG", quality=quality)
    elif image_format == "png":
        image.save(buffer, "PNG", compress_level=1)
    else:
        image.save(buffer, "WEBP", quality=quality, lossless=quality == 100, method=0)
    return buffer.getvalue()


def sha256(data: bytes) -> str:
    """Hash an encoded image, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def is_blank(pixels: Pixels) -> bool:
    """Tell whether every pixel has one colour, as the black frame of a safety checker has."""
    return bool((pixels == pixels[0, 0]).all())
