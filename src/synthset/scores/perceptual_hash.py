"""Perceptual hash: digits that stay nearly the same when a picture is compressed or resized.

The first 16 are the DCT hash of pHash (Zauner 2010, "Implementation and benchmarking of perceptual
image hash functions"), with the choices of the `imagehash` package, so that hashes can be compared:
the same picture has the same 16 digits there. They see brightness alone, so 72 for the colours of
6 x 6 parts follow: a red light and a green one are two pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pyarrow as pa
from PIL import Image

from synthset.encoders.faults import find_image_faults
from synthset.images import Pixels
from synthset.metrics.images.colours import PARTS, colour_digits
from synthset.recipe.scores import PerceptualHash as Settings
from synthset.stage import Rows, Stage

SIDE_PX = 32  # the picture is shrunk to
LOW = 8  # frequencies a direction: 64 bits
FLAT = 1e-6  # of a coefficient, in levels of 255 x 32^2: what rounding leaves of none

_PLACES = (2 * np.arange(SIDE_PX) + 1) / (2 * SIDE_PX)
COSINES = 2 * np.cos(np.pi * np.arange(LOW)[:, None] * _PLACES)  # (8, 32), DCT-II as in SciPy


class PerceptualHashStage(Stage):
    """One hash a picture, as 88 hexadecimal digits."""

    reads: ClassVar[Sequence[str]] = ("image",)

    def __init__(self, settings: Settings) -> None:
        self._column = settings.prefix

    @property
    def writes(self) -> pa.Schema:
        return pa.schema([pa.field(self._column, pa.string())])

    def prepare(self, rows: Rows) -> list[str | None]:
        """Hash the pictures; on a reader thread, beside the model."""
        return [None if pixels is None else perceptual_hash(pixels) for pixels in rows.pixels]

    def finish(self, rows: Rows, computed: list[str | None]) -> pa.Table:
        return pa.table(
            {self._column: pa.array(computed, pa.string()), "error": find_image_faults(rows)}
        )


def perceptual_hash(pixels: Pixels) -> str | None:
    """Hash a picture.

    Its luma, shrunk to 32 x 32 by Lanczos, is turned into frequencies (DCT-II); each of the lowest
    8 x 8 gives a bit: whether it lies above their median. Bits are read row by row, vertical
    frequency first, the first one highest. Then come the mean colours of 6 x 6 parts, row by row: a
    digit for Cb and one for Cr, in steps of 16 levels, 8 for grey.

    Args:
        pixels: (H, W, 3) uint8 RGB.

    Returns:
        88 hexadecimal digits; None where all pixels are equally bright, since there is no pattern
        to compare. Copies differ in a few of the first 64 bits, unrelated pictures in about half;
        and in no colour by more than one step.

    >>> perceptual_hash(np.zeros((9, 9, 3), np.uint8)) is None
    True
    """
    image = Image.fromarray(pixels)
    luma = image.convert("L")
    small = np.asarray(luma.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS), dtype=np.float64)
    if small.min() == small.max():
        return None
    low = COSINES @ small @ COSINES.T  # (8, 8), vertical by horizontal frequency
    bits = low > np.median(low) + FLAT
    parts = np.asarray(image.resize((PARTS, PARTS), Image.Resampling.BOX))
    return np.packbits(bits.ravel()).tobytes().hex() + colour_digits(parts)
