"""DiffusionDB: images with a `part-000001.json` that says what made each, and `metadata.parquet`.

Paper: Wang et al. 2022, DiffusionDB, arXiv 2210.14896
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from synthset.formats.metadata_tables import FILE

PARTS = re.compile(r"part-.*|captions|prompts", re.IGNORECASE)  # JSON that describes images
PROMPT = "p"
#: Of `metadata.parquet`, less what names its authors and times.
METADATA = pa.schema(
    [
        *(("image_name", pa.string()), ("prompt", pa.string()), ("seed", pa.int64())),
        *(("step", pa.uint16()), ("cfg", pa.float32()), ("sampler", pa.string())),
        *(("width", pa.uint16()), ("height", pa.uint16())),
        *(("image_nsfw", pa.float32()), ("prompt_nsfw", pa.float32())),
    ]
)
FLAGGED, PASSED = 2.0, 0.0  # image_nsfw: 2 is where the model's own checker flagged


def read_part(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Turn an object with an object for each file into rows.

    >>> read_part({"a.png": {"p": "a cat", "se": 3}})
    [{'file_name': 'a.png', 'p': 'a cat', 'se': 3}]
    """
    return [{FILE: name, **row} for name, row in content.items() if isinstance(row, dict)]


def make_metadata_table(rows: int, said: Mapping[str, Any]) -> pa.Table:
    """Make a table of `METADATA`.

    Args:
        rows: number of its rows.
        said: by column an array, or one value for all rows; what is missing is null.
    """
    columns = {
        field.name: one.cast(field.type)
        if isinstance(one := said.get(field.name), pa.Array | pa.ChunkedArray)
        else pa.array([one] * rows, field.type)
        for field in METADATA
    }
    return pa.table(columns)


def to_nsfw(flagged: pa.ChunkedArray) -> pa.ChunkedArray:
    """What a safety checker said of images, as `image_nsfw`; null where none looked."""
    kind = METADATA.field("image_nsfw").type
    return pc.if_else(flagged, pa.scalar(FLAGGED, kind), pa.scalar(PASSED, kind))
