"""A table's cell: the parquet file of one shard."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synthset.images import sha256

IMAGE_ROWS = 16  # a row group: a gallery page is then a read of milliseconds
FEATURE_ROWS = 1024


def to_bytes(table: pa.Table) -> bytes:
    """Write a table as parquet. The same rows give the same bytes."""
    images = [field.name for field in table.schema if _is_image(field.type)]
    table = table.replace_schema_metadata(_hugging_face(table.schema)).combine_chunks()
    sink = io.BytesIO()
    plain = [
        field.name
        for field in table.schema
        if not (pa.types.is_struct(field.type) or _is_list(field.type))
    ]
    pq.write_table(
        table,
        sink,
        row_group_size=IMAGE_ROWS if images else FEATURE_ROWS,
        compression="zstd",
        use_dictionary=[
            name for name in plain if pa.types.is_string(table.schema.field(name).type)
        ],
        write_statistics=plain,
        store_schema=True,
        write_page_checksum=True,
    )
    return sink.getvalue()


def open_cell(file: pa.NativeFile) -> pq.ParquetFile:
    """Open a cell, so that a page is compared with its checksum before its values are given;
    cells of before there were checksums have none.

    Raises:
        ValueError: its footer, which has no checksum and says things twice, contradicts itself.
    """
    afar = isinstance(file, pa.PythonFile)  # there, neighbouring columns are one request
    found = pq.ParquetFile(file, page_checksum_verification=True, pre_buffer=afar)
    schema, facts = found.schema_arrow, found.metadata
    if schema.metadata != _hugging_face(schema):
        raise ValueError(
            f"its columns are not those that were written, but {', '.join(schema.names)}"
        )
    groups = sum(facts.row_group(i).num_rows for i in range(facts.num_row_groups))
    if groups != facts.num_rows:
        raise ValueError(
            f"its row groups have {groups} rows together, but the file {facts.num_rows}"
        )
    return found


def read_rows(
    file: pq.ParquetFile, columns: Sequence[str], start: int = 0, stop: int | None = None
) -> pa.Table:
    """Read columns of some rows of a cell as `read` does, and no row group without any of them."""
    if start == 0 and stop is None:
        return read(file, columns)
    sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    *firsts, total = accumulate(sizes, initial=0)
    stop = total if stop is None else stop
    groups = [i for i, first in enumerate(firsts) if first < stop and first + sizes[i] > start]
    return read(file, columns, groups).slice(start - firsts[groups[0]], stop - start)


def read(
    file: pq.ParquetFile, columns: Sequence[str], groups: Sequence[int] | None = None
) -> pa.Table:
    """Read columns of a cell in the order asked, or of some row groups of it.

    Encoded images are compared with the hash that was written beside them.

    Raises:
        ValueError: an image has other bytes, or a column is missing.
    """
    names = file.schema_arrow.names
    compared = {"image", "image.bytes"} & {*columns} and "sha256" in names
    asked = [*columns, *(["sha256"] if compared and "sha256" not in columns else [])]
    table = file.read(asked) if groups is None else file.read_row_groups(groups, asked)
    missing = {name.split(".")[0] for name in columns} - {*table.column_names}
    if missing:
        raise ValueError(f"it has no column {', '.join(sorted(missing))}, only {', '.join(names)}")
    if compared:
        _compare(table)
    return table.select([name.split(".")[0] for name in columns])


def _compare(table: pa.Table) -> None:
    written = table.column("sha256").to_pylist()
    for row, (image, content) in enumerate(zip(table.column("image"), written, strict=True)):
        data = image["bytes"].as_buffer() if image.is_valid else None
        if data is not None and content is not None and sha256(data) != content:
            raise ValueError(f"the bytes of the image in row {row} don't match its sha256")


def _is_image(kind: pa.DataType) -> bool:
    return bool(pa.types.is_struct(kind)) and {field.name for field in kind} == {"bytes", "path"}


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind))


def _hugging_face(schema: pa.Schema) -> dict[bytes, bytes]:
    """Describe the columns for Hugging Face `datasets`, so that images load as images."""
    features = {field.name: _feature(field.type) for field in schema}
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if _is_image(kind):
        return {"_type": "Image"}
    if pa.types.is_fixed_size_list(kind):
        return {"_type": "List", "feature": _feature(kind.value_type), "length": kind.list_size}
    return {
        "_type": "Value",
        "dtype": {"float": "float32", "double": "float64"}.get(str(kind), str(kind)),
    }
