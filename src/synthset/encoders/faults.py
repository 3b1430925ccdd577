"""Why a record has no pixels, or no features."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from synthset.images import UnreadableImage, decode
from synthset.stage import Rows

NO_IMAGE = "no image"
NOT_FINITE = "not finite: the model returned NaN or infinity; try dtype float32 or bfloat16"


def find_image_faults(rows: Rows) -> pa.Array:
    """Say for each record why there are no pixels.

    Returns:
        (N,) string: null where there are pixels, `no image` where none were made, else what the
        decoder said.
    """
    pixels = rows.pixels
    if all(image is not None for image in pixels):
        return pa.nulls(len(rows), pa.string())
    cells = zip(pixels, rows.column("image"), strict=True)
    return pa.array(
        [None if image is not None else _fault(cell) for image, cell in cells], pa.string()
    )


def _fault(cell: dict[str, Any] | None) -> str:
    if cell is None or cell["bytes"] is None:
        return NO_IMAGE
    try:
        decode(cell["bytes"])
    except UnreadableImage as fault:
        return str(fault)
    return NO_IMAGE
