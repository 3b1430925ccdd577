"""Brings images of any shape to one square size."""

from __future__ import annotations

import numpy as np
from PIL import Image

from synthset.images import Pixels


def cut_square(pixels: Pixels, size_px: int) -> Pixels:
    """Cut out the centre and resize it (Lanczos, which averages over what it shrinks).

    Args:
        pixels: (H, W, 3) uint8 RGB.
        size_px: width and height of the result.

    Returns:
        (size_px, size_px, 3) uint8 RGB; the same array where it has that size already.
    """
    height, width = pixels.shape[:2]
    if height == width == size_px:
        return pixels
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    # cut by hand, since Pillow's `box` lets the resize look at pixels outside of it
    centre = Image.fromarray(pixels[top : top + side, left : left + side])
    return np.asarray(centre.resize((size_px, size_px), Image.Resampling.LANCZOS))
