"""Finds the files of a pool, on this disk or by URL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from synthset.formats.levels import refuse_split_folders
from synthset.formats.scan import expand
from synthset.formats.split_names import refuse_splits, refuse_test_files
from synthset.formats.tree import Disk
from synthset.recipe.pools import PoolPath
from synthset.store.pool_index import is_dataset
from synthset.store.remote import Place

PACKED = (".tar", ".parquet")


def pool_files(place: PoolPath, where: str) -> list[Place]:
    """List the Parquet files, tar shards, folders of images and datasets that a path stands for, by
    name.

    Raises:
        RecipeError: nothing is there, or it can't be reached, or the files are of several splits,
            or of a test split.
    """
    found = expand(place.path, where)
    files = [file for path in found for file in _inside(path)]
    for path in found:
        refuse_test_files(path, _inside(path), where)
    refuse_splits([file for file in files if file.is_file()], where)
    for file in files:
        if isinstance(file, Path) and file.is_dir() and not is_dataset(file):
            refuse_split_folders(Disk(file), where)
    return [file for file in files if file.suffix.lower() in PACKED or file.is_dir()]


def _inside(path: Place) -> Sequence[Place]:
    """Shards in a folder, else its Parquet files, else the folder; a file itself."""
    if not path.is_dir():
        return [path]
    inside = sorted(path.glob("*"), key=_name)
    shards = [file for file in inside if file.suffix.lower() == ".tar"]
    tables = [file for file in inside if file.suffix.lower() == ".parquet"]
    # img2dataset puts a Parquet file without images beside each shard, or folder of images
    folders = {one.name for one in inside if one.is_dir()} if tables and not shards else set()
    return shards or [table for table in tables if table.stem not in folders] or [path]


def _name(file: Place) -> str:
    return file.name
