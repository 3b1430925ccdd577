"""Lists images that are called by a key: files, tar members and Parquet rows; none is read yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from synthset.errors import DatasetError, RecipeError
from synthset.formats import table, tar_shards, tars
from synthset.formats.columns import Columns, first_images
from synthset.formats.files_below import files_below
from synthset.formats.levels import refuse_split_folders
from synthset.formats.manifest import UNREADABLE, Passed
from synthset.formats.pool_files import is_shard, is_table, is_there, packed_in
from synthset.formats.scan import expand
from synthset.formats.source_names import source_of, text_of
from synthset.formats.split_names import refuse_splits, refuse_test_files
from synthset.formats.tree import Disk, is_image
from synthset.recipe.openimages import KeyedPath
from synthset.store.remote import Place, Remote


@dataclass(frozen=True, slots=True)
class Keyed:
    """An image and its key.

    Attributes:
        key: what it is called by, without folder and extension.
        source: where it lies, as `Originals` reads it.
        origin: what its records are called by.
    """

    key: str
    source: str
    origin: str


def keyed(paths: Sequence[KeyedPath], passed: Passed | None = None) -> Iterator[Keyed]:
    """Go through the images of all paths, in the order of the paths, then by file and row.

    Args:
        paths: where they lie.
        passed: gathers what is passed over.

    Raises:
        RecipeError: a path is not there, is unreadable, holds no image, or mixes splits.
        DatasetError: the connection to it broke.
    """
    for i, place in enumerate(paths):
        where, count, mine = f"source.paths[{i}].path", 0, Passed()
        for image in _place(place, where, mine):
            count += 1
            yield image
        if passed is not None:
            passed.extend(mine)
        if not count:
            said = "; ".join(mine.notes())
            right = "name a folder of images, tar shards or Parquet files with keys"
            raise RecipeError(where, f"no image in {place.path}" + (said and f" ({said})"), right)


def image_columns(paths: Sequence[KeyedPath]) -> list[str]:
    """The columns that may hold encoded images; the first that a file has is the one, and in a file
    without any it is found."""
    return first_images([place.image_column for place in paths])


def _place(place: KeyedPath, where: str, passed: Passed) -> Iterator[Keyed]:
    files: list[Place] = []
    for path in expand(place.path, where):
        inside = packed_in(path)
        files += inside
        refuse_test_files(path, inside, where)
    refuse_splits([file for file in files if file.is_file()], where)
    for file in files:
        if not is_there(file, passed):
            continue
        if file.is_dir():
            if isinstance(file, Path):
                refuse_split_folders(Disk(file), where)
            yield from _folder(file, place, passed)
        elif is_shard(file):
            yield from _readable(_shard(file, place), file, passed)
        elif is_table(file):
            yield from _readable(_table(file, place, where), file, passed)


def _readable(found: Iterator[Keyed], path: Place, passed: Passed) -> Iterator[Keyed]:
    """The images of a file up to where it is damaged."""
    try:
        yield from found
    except (*tars.FAULTS, pa.ArrowException) as fault:
        if isinstance(path, Remote) and isinstance(fault, OSError):
            raise DatasetError(f"{path} can't be read ({fault}); try again") from None
        passed.add(UNREADABLE, text_of(str(path)), str(fault))


def _folder(folder: Place, place: KeyedPath, passed: Passed) -> Iterator[Keyed]:
    for path in files_below(folder, passed):
        if is_image(path.name):
            yield Keyed(text_of(path.stem), source_of(path), place.origin)


def _shard(path: Place, place: KeyedPath) -> Iterator[Keyed]:
    with tars.opened(path) as tar:
        for key, sample in tar_shards.samples(tar):
            image = tar_shards.image_of(sample)
            if image is not None:
                name = key.rpartition("/")[2]
                yield Keyed(name, tars.source_of(path, image), place.origin)


def _table(path: Place, place: KeyedPath, where: str) -> Iterator[Keyed]:
    columns = Columns(image=place.image_column, key=place.key_column)
    for key, source in table.keys(path, columns, where):
        yield Keyed(key, source, place.origin)
