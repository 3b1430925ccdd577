"""A table's cell: the parquet file of one shard."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

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
    )
    return sink.getvalue()


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
