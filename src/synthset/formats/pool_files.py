"""Finds the files of a pool, on this disk or by URL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from synthset.formats import tars
from synthset.formats.levels import refuse_split_folders
from synthset.formats.manifest import DEAD, ODD, Passed
from synthset.formats.scan import expand
from synthset.formats.source_names import ending_of, text_of
from synthset.formats.split_names import refuse_splits, refuse_test_files
from synthset.formats.table import ENDINGS
from synthset.formats.tree import Disk
from synthset.recipe.pools import PoolPath
from synthset.store.pool_index import is_dataset
from synthset.store.remote import Place

METADATA = "metadata.parquet"  # describes image files beside it


def pool_files(place: PoolPath, where: str, passed: Passed) -> list[Place]:
    """List the Parquet and Arrow files, tar shards, folders of images and datasets that a path
    stands for, by name.

    Args:
        place: the path.
        where: place in the recipe, for messages.
        passed: gathers what is no file, such as a FIFO.

    Raises:
        RecipeError: nothing is there, or it can't be reached, or the files are of several splits,
            or of a test split.
    """
    found = expand(place.path, where)
    files = [file for path in found for file in packed_in(path)]
    for path in found:
        refuse_test_files(path, packed_in(path), where)
    refuse_splits([file for file in files if file.is_file()], where)
    for file in files:
        if isinstance(file, Path) and file.is_dir() and not is_dataset(file):
            refuse_split_folders(Disk(file), where)
    there = [file for file in files if is_there(file, passed)]
    return [file for file in there if _is_packed(file) or file.is_dir()]


def _is_packed(file: Place) -> bool:
    return is_shard(file) or is_table(file) or ending_of(str(file)) == "zip"


def is_shard(file: Place) -> bool:
    """Tell by its name whether a file is a tar file."""
    return ending_of(str(file)) in tars.ENDINGS


def is_table(file: Place) -> bool:
    """Tell by its name whether a file is a table that holds images."""
    return file.suffix.lower() in ENDINGS


def is_there(file: Place, passed: Passed) -> bool:
    """Tell whether something is a file or folder: to open a FIFO may take for ever."""
    if not isinstance(file, Path) or file.is_file() or file.is_dir():
        return True
    passed.add(ODD if file.exists() else DEAD, text_of(str(file)))
    return False


def packed_in(path: Place) -> Sequence[Place]:
    """Shards in a folder, else its Parquet files, else the folder; a file itself."""
    if not path.is_dir():
        return [path]
    inside = sorted(path.glob("*"), key=_name)
    shards = [file for file in inside if is_shard(file)]
    tables = [file for file in inside if is_table(file) and file.name.lower() != METADATA]
    # img2dataset puts a Parquet file without images beside each shard, or folder of images
    folders = {one.name for one in inside if one.is_dir()} if tables and not shards else set()
    return shards or [table for table in tables if table.stem not in folders] or [path]


def _name(file: Place) -> str:
    return file.name
