"""Labels as two challenges hand them out: `val_annotations.txt` of Tiny-ImageNet, and
`LOC_val_solution.csv` of ImageNet."""

from __future__ import annotations

import pyarrow as pa

from synthset.formats.class_lists import WNID
from synthset.formats.listed import Label
from synthset.formats.metadata_tables import FILE
from synthset.formats.rows import ReadTable

ANNOTATIONS = "val_annotations.txt"
SOLUTION = "predictionstring"  # ImageNet's: a wnid and a box for each object


def read_annotations(text: str) -> ReadTable:
    """Read Tiny-ImageNet's: image, wnid and a box, parted by tabs, without a heading."""
    lines = [line.split("\t") for line in text.splitlines() if line.strip()]
    records = [
        {FILE: f"images/{cells[0]}", "wnid": cells[1].strip()} for cells in lines if len(cells) > 1
    ]
    return ReadTable(pa.schema({FILE: pa.string(), "wnid": pa.string()}), records)


def find_solution_column(schema: pa.Schema) -> str | None:
    """Name the column of ImageNet's labels; None where a table has none."""
    known = {name.casefold(): name for name in reversed(schema.names)}
    return known.get(SOLUTION) if "imageid" in known else None


def read_solution_label(cell: object) -> Label | None:
    """Read the first object of an image."""
    first = str(cell).partition(" ")[0]
    return Label(first, wnid=first) if WNID.fullmatch(first) else None
