"""Finds the image and label columns of Parquet files by the features that `datasets` notes in them.

CIFAR-10 on the Hugging Face hub calls its images `img`.
"""

from __future__ import annotations

import glob
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synthset.formats.scan import packed_in

USUAL = {"Image": ("image_column", "image"), "ClassLabel": ("label_column", "label")}


def hub_columns(path: Path) -> dict[str, str]:
    """Name the columns that are not called as usual, for `FolderPath`.

    Args:
        path: a Parquet file, a folder or a glob of them; or anything else.

    Returns:
        `image_column` or `label_column` where the usual name is missing and one column alone is of
        that kind.
    """
    features = _features(path)
    kinds = {
        name: one["_type"]
        for name, one in features.items()
        if isinstance(one, dict) and "_type" in one
    }
    found = {}
    for kind, (setting, usual) in USUAL.items():
        names = [name for name, mine in kinds.items() if mine == kind]
        if usual not in features and len(names) == 1:
            found[setting] = names[0]
    return found


def _features(path: Path) -> dict[str, Any]:
    """Features of the first file; none where there is none or it can't be read, which whoever reads
    the images says."""
    places = [path] if path.exists() else [Path(match) for match in sorted(glob.glob(str(path)))]
    files = [file for place in places for file in _tables(place)]
    if not files:
        return {}
    try:
        noted = (pq.read_schema(files[0]).metadata or {})[b"huggingface"]
        features = json.loads(noted)["info"]["features"]
    except (KeyError, TypeError, ValueError, OSError, pa.ArrowInvalid):
        return {}
    return features if isinstance(features, dict) else {}


def _tables(place: Path) -> list[Path]:
    files = packed_in(place) if place.is_dir() else [place]
    return [file for file in files if file.suffix.lower() == ".parquet"]
