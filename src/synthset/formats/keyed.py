"""Lists images that are called by a key: files, tar members and Parquet rows; none is read yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import pyarrow as pa

from synthset.errors import DatasetError, RecipeError
from synthset.formats import table, tar_shards, tars
from synthset.formats.columns import Columns, choose_image_columns
from synthset.formats.manifest import UNREADABLE, Passed
from synthset.formats.pool_files import list_pool_files
from synthset.formats.source_names import decode_name, get_ending
from synthset.formats.tree import Tree, is_image, open_tree
from synthset.formats.zips import ZipTree
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


def read_keyed(paths: Sequence[KeyedPath], passed: Passed | None = None) -> Iterator[Keyed]:
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


def list_image_columns(paths: Sequence[KeyedPath]) -> list[str]:
    """The columns that may hold encoded images; the first that a file has is the one, and in a file
    without any it is found."""
    return choose_image_columns([place.image_column for place in paths])


def _place(place: KeyedPath, where: str, passed: Passed) -> Iterator[Keyed]:
    for file in list_pool_files(place.path, where, passed):
        yield from _read_until_damage(_images(file, place, where, passed), file, passed)


def _images(file: Place, place: KeyedPath, where: str, passed: Passed) -> Iterator[Keyed]:
    ending = get_ending(str(file))
    if file.is_dir():
        yield from _tree(open_tree(file), place, passed)
    elif ending == "zip":
        yield from _tree(ZipTree(file), place, passed)
    elif ending in tars.ENDINGS:
        yield from _shard(file, place)
    else:
        yield from _table(file, place, where)


def _read_until_damage(found: Iterator[Keyed], path: Place, passed: Passed) -> Iterator[Keyed]:
    """The images of a file up to where it is damaged."""
    try:
        yield from found
    except (*tars.FAULTS, pa.ArrowException) as fault:
        if isinstance(path, Remote) and isinstance(fault, OSError):
            raise DatasetError(f"{path} can't be read ({fault}); try again") from None
        passed.add(UNREADABLE, decode_name(str(path)), str(fault))


def _tree(tree: Tree, place: KeyedPath, passed: Passed) -> Iterator[Keyed]:
    for path in tree.list_below("", passed):
        if is_image(path):
            yield Keyed(decode_name(PurePosixPath(path).stem), tree.name_source(path), place.origin)


def _shard(path: Place, place: KeyedPath) -> Iterator[Keyed]:
    with tars.open_tar(path) as tar:
        for key, sample in tar_shards.read_samples(tar):
            image = tar_shards.find_image(sample)
            if image is not None:
                name = key.rpartition("/")[2]
                yield Keyed(name, tars.name_member(path, image), place.origin)


def _table(path: Place, place: KeyedPath, where: str) -> Iterator[Keyed]:
    columns = Columns(image=place.image_column, key=place.key_column)
    for key, source in table.read_keys(path, columns, where):
        yield Keyed(key, source, place.origin)
