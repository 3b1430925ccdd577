"""What Hugging Face's `datasets` notes of a table's columns: images, and the names of labels."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from synthset.record import IMAGE
from synthset.taxonomy.names import name_classes

NOTE = b"huggingface"  # in the schema's metadata


def read_class_names(schema: pa.Schema, column: str) -> list[str]:
    """Read the names of a Hugging Face ClassLabel from the schema's metadata."""
    feature = _features(schema).get(column)
    names = feature.get("names") if isinstance(feature, dict) else None
    return [str(name) for name in names] if isinstance(names, list) else []


def find_feature_columns(schema: pa.Schema, kind: str) -> list[str]:
    """Columns that `datasets` has noted to be of a kind."""
    features = _features(schema)
    return [
        name
        for name in schema.names
        if isinstance(features.get(name), dict) and features[name].get("_type") == kind
    ]


def _features(schema: pa.Schema) -> dict[str, Any]:
    """What `datasets` has noted of the columns; nothing where that can't be read."""
    try:
        features = json.loads((schema.metadata or {})[NOTE])["info"]["features"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}
    return features if isinstance(features, dict) else {}


def describe_columns(table: pa.Table, classes: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Say in a table what its columns are: the label has the names of the classes."""
    features: dict[str, Any] = {field.name: _feature(field.type) for field in table.schema}
    features["label"] = {"_type": "ClassLabel", "names": name_classes(classes)}
    table = table.set_column(
        table.column_names.index("label"), "label", table.column("label").cast(pa.int64())
    )
    return table.replace_schema_metadata(_note(features))


def add_image_column(schema: pa.Schema) -> pa.Schema:
    """Put a column of images before those of a described table."""
    features = {"image": {"_type": "Image"}, **_features(schema)}
    return pa.schema([pa.field("image", IMAGE), *schema], metadata=_note(features))


def _note(features: Mapping[str, Any]) -> dict[bytes, str]:
    return {NOTE: json.dumps({"info": {"features": features}})}


def _feature(kind: pa.DataType) -> dict[str, Any]:
    name = {"float": "float32", "double": "float64", "halffloat": "float16"}.get(
        str(kind), str(kind)
    )
    return {"_type": "Value", "dtype": name}
