"""Reads a pool: images with captions in Parquet files, tar shards, folders and datasets."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import pyarrow as pa

from synthset.errors import DatasetError, RecipeError, did_you_mean
from synthset.formats import tar_shards
from synthset.formats.files_below import files_below
from synthset.formats.image_cells import image_bytes
from synthset.formats.kept import kept_images
from synthset.formats.manifest import Passed
from synthset.formats.parquet import SCAN_ROWS, opened
from synthset.formats.pool_files import pool_files
from synthset.formats.source_names import source_of, text_of
from synthset.images import SUFFIXES
from synthset.recipe.pools import Pool, PoolPath
from synthset.store.pool_index import is_dataset
from synthset.store.remote import Place, Remote

IMAGE_COLUMNS = ("image", "jpg", "png", "webp")  # Hugging Face's, and img2dataset's by format
FACTS = {"pool_key": "key", "pool_url": "url", "pool_license": "license"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Captioned:
    """One image of a pool, not yet read.

    Attributes:
        caption: its words; empty where it has none.
        source: where it lies, as `Originals` reads it.
        origin: what its records are called by.
        facts: its key, url and licence, as far as the pool names them, by column of the plan.
        read: gives the encoded image, None where there is none; to be called before the next one is
            asked for.
    """

    caption: str
    source: str
    origin: str
    facts: Mapping[str, str | None]
    read: Callable[[], bytes | None]


def captioned(settings: Pool) -> Iterator[Captioned]:
    """Go through the images of all paths, in the order of the paths, then by file and row.

    Raises:
        RecipeError: a path is not there, is unreadable, has no captions, or mixes splits.
    """
    columns = image_columns(settings.paths)
    for i, place in enumerate(settings.paths):
        where = f"source.paths[{i}].path"
        seen = described = 0
        for file in pool_files(place, where):
            for image in images_of(file, place, columns, where):
                seen, described = seen + 1, described + bool(image.caption)
                yield image
        if not described:
            found = f"{seen:,} images and no caption" if seen else "no image"
            right = (
                "a pool is Parquet files with images and captions, tar shards, or a folder of "
                f"images, with `.txt` or a {place.caption_column!r} in `.json` beside each"
            )
            raise RecipeError(where, f"{found} in {place.path}", right)


def image_columns(places: Sequence[PoolPath]) -> list[str]:
    """The columns that may hold encoded images; the first that a file has is the one."""
    named = [place.image_column for place in places if place.image_column]
    unnamed = any(place.image_column is None for place in places)
    return list(dict.fromkeys([*named, *(IMAGE_COLUMNS if unnamed else ())]))


def images_of(
    file: Place, place: PoolPath, columns: Sequence[str], where: str, captions: bool = True
) -> Iterator[Captioned]:
    """Go through the images of one of `pool_files`, always in the same order.

    Args:
        file: a Parquet file, a tar shard, a folder or a dataset.
        place: what it belongs to.
        columns: those that may hold images, see `image_columns`.
        where: place in the recipe, for messages.
        captions: whether a Parquet file or a dataset must have captions.

    Raises:
        RecipeError: it is unreadable, or a column is missing.
        DatasetError: the connection to it broke; `read` may raise it too.
    """
    images = _images(file, place, columns, where, captions)
    if not isinstance(file, Remote):
        yield from images
        return
    while (image := _reached(file, partial(next, images, None))) is not None:
        yield replace(image, read=partial(_reached, file, image.read))


def _reached(file: Remote, ask: Callable[[], T]) -> T:
    try:
        return ask()
    except OSError as fault:
        raise DatasetError(f"{file} can't be read ({fault}); try again") from None


def _images(
    file: Place, place: PoolPath, columns: Sequence[str], where: str, captions: bool
) -> Iterator[Captioned]:
    if file.suffix.lower() == ".tar":
        yield from _shard(file, place, where)
    elif file.suffix.lower() == ".parquet":
        yield from _table(file, place, columns, where, captions)
    elif is_dataset(file):
        for facts, source, read in kept_images(file, place, where, captions):
            yield _captioned(facts, None, source, place, read)
    else:
        yield from _folder(file, place)


def _table(
    path: Place, place: PoolPath, columns: Sequence[str], where: str, captions: bool
) -> Iterator[Captioned]:
    try:
        file = opened(path)
    except (pa.ArrowInvalid, OSError) as fault:
        raise RecipeError(
            where, f"{path} is no readable Parquet file ({fault})", "name another, or remove it"
        ) from None
    with file:
        names = file.schema_arrow.names
        image = next((name for name in columns if name in names), None)
        _require(path, names, place, image, where, captions)
        said = {name.casefold() for name in (place.caption_column, *FACTS.values())}
        known = [name for name in names if name.casefold() in said and name != image]
        row = -1
        for batch in file.iter_batches(SCAN_ROWS, columns=[str(image), *known]):
            cells = batch.column(str(image))
            for i, facts in enumerate(batch.drop_columns([str(image)]).to_pylist()):
                row += 1
                read = partial(_cell, cells, i, path)
                source = f"{source_of(path)}#{row}"
                yield _captioned(facts, None, source, place, read)


def _require(
    path: Place, names: list[str], place: PoolPath, image: str | None, where: str, captions: bool
) -> None:
    setting = where.removesuffix("path")
    if image is None:
        wanted = place.image_column or "image"
        found = f"{path} has no column {wanted!r} with encoded images"
        raise RecipeError(setting + "image_column", found, did_you_mean(wanted, names))
    if captions and place.caption_column.casefold() not in {name.casefold() for name in names}:
        found = f"{path} has no column {place.caption_column!r}"
        right = did_you_mean(place.caption_column, names)
        raise RecipeError(setting + "caption_column", found, right)


def _cell(cells: pa.Array, row: int, path: Place) -> bytes | None:
    return image_bytes(cells[row].as_py(), path)


def _shard(path: Place, place: PoolPath, where: str) -> Iterator[Captioned]:
    try:
        with tar_shards.opened(path) as tar:
            for key, sample in tar_shards.samples(tar):
                image = tar_shards.image_of(sample)
                if image is None:
                    continue
                said = {
                    name: tar_shards.member_bytes(tar, sample[name])
                    for name in ("txt", "json")
                    if name in sample
                }
                facts = {"key": key, **tar_shards.read_facts(said.get("json"))}
                read = partial(tar_shards.member_bytes, tar, image)
                source = tar_shards.source_of(path, image)
                yield _captioned(facts, said.get("txt"), source, place, read)
    except (tarfile.TarError, OSError) as fault:
        raise RecipeError(
            where, f"{path} is no readable tar file ({fault})", "name another, or remove it"
        ) from None


def _folder(folder: Place, place: PoolPath) -> Iterator[Captioned]:
    remote = isinstance(folder, Remote)
    listed = frozenset(files_below(folder, Passed())) if remote else None
    for path in files_below(folder, Passed()):
        if path.suffix.lower() not in SUFFIXES:
            continue
        beside = _beside(path.with_suffix(".json"), listed)
        facts = {"key": text_of(path.stem), **tar_shards.read_facts(beside)}
        text = _beside(path.with_suffix(".txt"), listed)
        yield _captioned(facts, text, source_of(path), place, partial(_file, path))


def _beside(path: Place, listed: frozenset[Place] | None) -> bytes | None:
    """Read a file if it is there, which a listing tells sooner than its server."""
    if listed is not None:
        return path.read_bytes() if path in listed else None
    return _file(path) if path.is_file() else None


def _file(path: Place) -> bytes | None:
    """Read a file; None where it can't be read. What lies afar may be had another time."""
    try:
        return path.read_bytes()
    except OSError:
        if isinstance(path, Remote):
            raise
        return None


def _captioned(
    facts: Mapping[str, Any],
    text: bytes | None,
    source: str,
    place: PoolPath,
    read: Callable[[], bytes | None],
) -> Captioned:
    said = _fact(facts, place.caption_column) if text is None else text.decode(errors="replace")
    kept = {column: _fact(facts, name) for column, name in FACTS.items()}
    return Captioned((said or "").strip(), source, place.origin, kept, read)


def _fact(facts: Mapping[str, Any], name: str) -> str | None:
    """What is known by a name, whatever its case: pools write `url` and `URL`."""
    found = facts.get(name)
    if found is None:
        near = (facts[other] for other in facts if other.casefold() == name.casefold())
        found = next((value for value in near if value is not None), None)
    return None if found is None else str(found)
