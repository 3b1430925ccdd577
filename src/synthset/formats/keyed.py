"""Lists images that are called by a key: files, tar members and Parquet rows; none is read yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import pyarrow as pa

from synthset.errors import DatasetError, RecipeError
from synthset.formats import table, tar_shards, tars
from synthset.formats.columns import Columns, first_images
from synthset.formats.manifest import UNREADABLE, Passed
from synthset.formats.pool_files import pool_files
from synthset.formats.source_names import ending_of, text_of
from synthset.formats.tree import Tree, is_image, tree_at
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
    for file in pool_files(place.path, where, passed):
        yield from _readable(_images(file, place, where, passed), file, passed)


def _images(file: Place, place: KeyedPath, where: str, passed: Passed) -> Iterator[Keyed]:
    ending = ending_of(str(file))
    if file.is_dir():
        yield from _tree(tree_at(file), place, passed)
    elif ending == "zip":
        yield from _tree(ZipTree(file), place, passed)
    elif ending in tars.ENDINGS:
        yield from _shard(file, place)
    else:
        yield from _table(file, place, where)


def _readable(found: Iterator[Keyed], path: Place, passed: Passed) -> Iterator[Keyed]:
    """The images of a file up to where it is damaged."""
    try:
        yield from found
    except (*tars.FAULTS, pa.ArrowException) as fault:
        if isinstance(path, Remote) and isinstance(fault, OSError):
            raise DatasetError(f"{path} can't be read ({fault}); try again") from None
        passed.add(UNREADABLE, text_of(str(path)), str(fault))


def _tree(tree: Tree, place: KeyedPath, passed: Passed) -> Iterator[Keyed]:
    for path in tree.below("", passed):
        if is_image(path):
            yield Keyed(text_of(PurePosixPath(path).stem), tree.source(path), place.origin)


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
