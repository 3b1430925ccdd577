"""Lists images that are called by a key: files, tar members and Parquet rows; none is read yet."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from synthset.errors import RecipeError, did_you_mean
from synthset.formats import tar_shards
from synthset.formats.files_below import files_below
from synthset.formats.levels import refuse_split_folders
from synthset.formats.manifest import Passed
from synthset.formats.scan import expand
from synthset.formats.source_names import source_of, text_of
from synthset.formats.split_names import refuse_splits, refuse_test_files
from synthset.formats.tree import Disk, is_image
from synthset.recipe.openimages import KeyedPath

IMAGE_COLUMNS = ("image", "jpg", "png", "webp")  # Hugging Face's, and img2dataset's by format


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


def keyed(paths: Sequence[KeyedPath]) -> Iterator[Keyed]:
    """Go through the images of all paths, in the order of the paths, then by file and row.

    Raises:
        RecipeError: a path is not there, is unreadable, holds no image, or mixes splits.
    """
    for i, place in enumerate(paths):
        where, count = f"source.paths[{i}].path", 0
        for image in _place(place, where):
            count += 1
            yield image
        if not count:
            right = "name a folder of images, tar shards or Parquet files with keys"
            raise RecipeError(where, f"no image in {place.path}", right)


def image_columns(paths: Sequence[KeyedPath]) -> list[str]:
    """The columns that may hold encoded images; the first that a file has is the one."""
    named = [place.image_column for place in paths if place.image_column]
    unnamed = any(place.image_column is None for place in paths)
    return list(dict.fromkeys([*named, *(IMAGE_COLUMNS if unnamed else ())]))


def _place(place: KeyedPath, where: str) -> Iterator[Keyed]:
    files: list[Path] = []
    for path in map(Path, map(str, expand(place.path, where))):
        # img2dataset puts a Parquet file without images beside each shard, or folder of images
        inside = [path / name for name in Disk(path).files_in("")]
        tables = [
            file
            for file in inside
            if file.suffix.lower() == ".parquet" and not file.with_suffix("").is_dir()
        ]
        files += [file for file in inside if file.suffix.lower() == ".tar"] or tables or [path]
        refuse_test_files(path, files, where)
    refuse_splits([file for file in files if file.is_file()], where)
    for file in files:
        if file.is_dir():
            refuse_split_folders(Disk(file), where)
            yield from _folder(file, place)
        elif file.suffix.lower() == ".tar":
            yield from _readable(partial(_shard, file, place), file, where)
        elif file.suffix.lower() == ".parquet":
            yield from _readable(partial(_table, file, place, where), file, where)


def _readable(found: Callable[[], Iterator[Keyed]], path: Path, where: str) -> Iterator[Keyed]:
    try:
        yield from found()
    except (tarfile.TarError, pa.ArrowInvalid, OSError) as fault:
        right = "name another, or remove it"
        raise RecipeError(where, f"{path} is not readable ({fault})", right) from None


def _folder(folder: Path, place: KeyedPath) -> Iterator[Keyed]:
    for path in files_below(folder, Passed()):
        if is_image(path.name):
            yield Keyed(text_of(path.stem), source_of(path), place.origin)


def _shard(path: Path, place: KeyedPath) -> Iterator[Keyed]:
    with tarfile.open(path, "r:") as tar:
        for key, sample in tar_shards.samples(tar):
            image = tar_shards.image_of(sample)
            if image is not None:
                name = key.rpartition("/")[2]
                yield Keyed(name, tar_shards.source_of(path, image), place.origin)


def _table(path: Path, place: KeyedPath, where: str) -> Iterator[Keyed]:
    with pq.ParquetFile(path) as file:
        names, row = file.schema_arrow.names, 0
        wanted = [place.image_column] if place.image_column else list(IMAGE_COLUMNS)
        setting = where.removesuffix("path")
        if not set(wanted) & set(names):
            found = f"{path} has no column {wanted[0]!r} with encoded images"
            raise RecipeError(setting + "image_column", found, did_you_mean(wanted[0], names))
        if place.key_column not in names:
            found = f"{path} has no column {place.key_column!r}"
            raise RecipeError(setting + "key_column", found, did_you_mean(place.key_column, names))
        for batch in file.iter_batches(columns=[place.key_column]):
            for key in batch.column(0).to_pylist():
                if key is not None:
                    yield Keyed(str(key), f"{source_of(path)}#{row}", place.origin)
                row += 1
