"""`metadata.csv|jsonl|parquet` beside image files, as Hugging Face's image folders have it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

METADATA = ("metadata.parquet", "metadata.jsonl", "metadata.csv", "metadata.tsv", "metadata.json")
FILE = "file_name"


def find_file_columns(names: Sequence[str], given: str | None) -> list[str]:
    """Name the columns with paths of image files below the table's own folder; none where a table
    names its images in another way.

    >>> find_file_columns(["file_name", "mask_file_name"], None)
    ['file_name']
    """
    files = [one for one in names if one.casefold().endswith(FILE)]
    if given is not None:
        return [given] if given in files else []
    main = [one for one in files if one.casefold() in (FILE, f"image_{FILE}")]
    return main or files


def write_parquet(table: pa.Table) -> bytes:
    """Write `metadata.parquet`."""
    sink = io.BytesIO()
    pq.write_table(table.combine_chunks(), sink, compression="zstd")
    return sink.getvalue()


def write_lines(table: pa.Table) -> bytes:
    """Write `metadata.jsonl`."""
    rows = make_plain_rows(table.to_pylist())
    return "".join(
        json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows
    ).encode()


def make_plain_rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows as JSON can say them."""
    for row in rows:
        yield {name: _to_plain(value) for name, value in row.items()}


def _to_plain(value: Any) -> Any:
    """JSON has no NaN, and 32-bit floats deserve their own seven digits."""
    if isinstance(value, float):
        return float(f"{value:.7g}") if value - value == 0 else None
    return value
