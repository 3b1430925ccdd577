"""How large encoded images come out, for planning disk space."""

from __future__ import annotations

from synthset.recipe.sources import Encoding

#: Bytes a pixel, measured on 100 photographs at 256 px with `images.encode`: JPEG up to each
#: quality, then the rest.
JPEG_BYTES_PER_PIXEL = {50: 0.13, 75: 0.19, 90: 0.33, 95: 0.45, 100: 0.73}
PNG_BYTES_PER_PIXEL = 1.7
WEBP_LOSSLESS_BYTES_PER_PIXEL = 1.2
WEBP_TO_JPEG = 0.9
HEADER_BYTES = 620  # JPEG tables; they outweigh the pixels of a 32 px image


def estimate_bytes(width: int, height: int, encoding: Encoding) -> int:
    """Guess the bytes of one encoded image, within a factor of two for photographs."""
    return HEADER_BYTES + round(width * height * _bytes_per_pixel(encoding))


def _bytes_per_pixel(encoding: Encoding) -> float:
    if encoding.format == "png":
        return PNG_BYTES_PER_PIXEL
    if encoding.format == "webp" and encoding.quality == 100:
        return WEBP_LOSSLESS_BYTES_PER_PIXEL
    jpeg = next(
        bytes_ for quality, bytes_ in JPEG_BYTES_PER_PIXEL.items() if encoding.quality <= quality
    )
    return jpeg if encoding.format == "jpeg" else jpeg * WEBP_TO_JPEG
