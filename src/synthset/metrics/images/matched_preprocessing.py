"""Preprocessing that gives images of two sources the same outside.

What differs in format, size, margins and compression is made alike; what differs in the picture
itself, its colours and its fine detail, stays.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from synthset.images import Pixels, encode
from synthset.metrics.images.source_cues import LUMA, count_margins

SHAPES = (3 / 4, 4 / 3)  # width over height, as random crops in training have
MARGIN = 0.25  # of the side at most, both margins together


def match_preprocessing(
    pixels: Pixels, size_px: int, quality: int, draw: np.random.Generator
) -> bytes:
    """Lay an image out as every other one.

    Its constant margins go; it is cut around its middle to a shape drawn at random, resized
    (Lanczos) to a size drawn at random, and laid at a random place on a square of a random grey, so
    that shape and margins are drawn alike for both sources. Then it is a JPEG.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        size_px: side of the square.
        quality: of the JPEG (4:2:0), 1 to 95.
        draw: gives all that is random.
    """
    inside = cut_shape(_trim(pixels), float(np.exp(draw.uniform(*np.log(SHAPES)))))
    height, width = inside.shape[:2]
    side = size_px * (1 - draw.uniform(0, MARGIN))
    scale = side / max(height, width)
    wide, high = (max(1, round(scale * length)) for length in (width, height))
    resized = Image.fromarray(inside).resize((wide, high), Image.Resampling.LANCZOS)
    square = np.full((size_px, size_px, 3), draw.integers(0, 256), dtype=np.uint8)
    top, left = draw.integers(0, size_px - high + 1), draw.integers(0, size_px - wide + 1)
    square[top : top + high, left : left + wide] = np.asarray(resized)
    return encode(square, "jpeg", quality)


def _trim(pixels: Pixels) -> Pixels:
    top, bottom, left, right = count_margins(pixels.astype(np.float32) @ LUMA)
    height, width = pixels.shape[:2]
    return pixels[top : height - bottom, left : width - right]


def cut_shape(pixels: Pixels, shape: float) -> Pixels:
    """Cut to a width over height, as large as it can be, around the middle."""
    height, width = pixels.shape[:2]
    wide, high = (
        min(width, max(1, round(height * shape))),
        min(height, max(1, round(width / shape))),
    )
    top, left = (height - high) // 2, (width - wide) // 2
    return np.ascontiguousarray(pixels[top : top + high, left : left + wide])
