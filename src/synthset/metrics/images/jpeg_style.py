"""How a JPEG was written: its tables, the subsampling of its colours, its order. And how to write
another image like that."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin
from scipy import fft

from synthset.images import Pixels, encode
from synthset.metrics.images.spectra import Planes

SIDE = 8  # pixels of a block
MIDDLE = 128.0  # that is taken off luma before it is transformed


@dataclass(frozen=True)
class JpegStyle:
    """What decides the bytes of a JPEG besides its pixels.

    Attributes:
        tables: one or two quantisation tables of 64 numbers each, row by row.
        sampling: of colours, in Pillow's numbers: 0 is 4:4:4, 1 is 4:2:2, 2 is 4:2:0.
        progressive: the order of its coefficients.
    """

    tables: tuple[tuple[int, ...], ...]
    sampling: int
    progressive: bool


def read_style(header: Image.Image) -> JpegStyle | None:
    """Read it off an opened image; None for other formats, and for rare kinds of JPEG (CMYK, odd
    subsampling), which Pillow can't write alike."""
    if not isinstance(header, JpegImagePlugin.JpegImageFile) or header.mode not in ("RGB", "L"):
        return None
    tables = tuple(tuple(table) for table in header.quantization.values())[:2]
    sampling = JpegImagePlugin.get_sampling(header) if header.mode == "RGB" else 0
    return None if sampling < 0 else JpegStyle(tables, sampling, "progressive" in header.info)


def encode_in_style(pixels: Pixels, style: JpegStyle | None) -> bytes:
    """Write an image like another one; without a style, exactly, as PNG."""
    if style is None:
        return encode(pixels, "png")
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(
        buffer,
        "JPEG",
        qtables=[list(table) for table in style.tables],
        subsampling=style.sampling,
        progressive=style.progressive,
    )
    return buffer.getvalue()


def unround(planes: Planes, tables: NDArray[np.float32], draws: NDArray[np.float32]) -> Planes:
    """Spread the luma of decoded JPEGs between the steps that it was rounded to.

    All coefficients of a decoded JPEG are multiples of its table. Made weaker by less than half a
    step and rounded again by a like table, they come back as they were; so a filter would do
    nothing, or too much. Each that isn't 0 is moved at random within its step.

    Args:
        planes: (N, H, W, 3) as decoded, not moved since.
        tables: (N, 64) of luma.
        draws: (N, H, W) in [0, 1).
    """
    count, height, width = (*planes.shape[:1], *(side // SIDE * SIDE for side in planes.shape[1:3]))
    if not height or not width:
        return planes
    whole = np.s_[:, :height, :width]
    luma = _cut_blocks(planes[whole][..., 0] - MIDDLE)
    steps = tables.reshape(count, 1, 1, SIDE, SIDE)
    found = fft.dctn(luma, axes=(3, 4), norm="ortho")
    moved = np.where(np.rint(found / steps) != 0, _cut_blocks(draws[whole] - 0.5) * steps, 0)
    blocks = fft.idctn(found + moved, axes=(3, 4), norm="ortho")
    changed = planes.copy()
    changed[:, :height, :width, 0] = (
        blocks.transpose(0, 1, 3, 2, 4).reshape(count, height, width) + MIDDLE
    )
    return changed


def _cut_blocks(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, H, W) to (N, H / 8, W / 8, 8, 8)."""
    count, height, width = plane.shape
    cut = plane.reshape(count, height // SIDE, SIDE, width // SIDE, SIDE)
    return cut.transpose(0, 1, 3, 2, 4)
