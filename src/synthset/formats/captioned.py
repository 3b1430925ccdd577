"""Reads a pool: images with captions in Parquet and Arrow files, tar shards, folders and
datasets."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any, TypeVar

from synthset.errors import DatasetError, RecipeError
from synthset.formats import table, tar_shards
from synthset.formats.captions import caption_beside, caption_in, facts_beside
from synthset.formats.class_lists import ClassList
from synthset.formats.columns import Columns, first_images
from synthset.formats.files_below import files_below
from synthset.formats.kept import kept_images
from synthset.formats.manifest import FORMAT, OTHER, UNREADABLE, Passed
from synthset.formats.pool_files import is_shard, is_table, pool_files
from synthset.formats.side_tables import read_side_tables
from synthset.formats.source_names import source_of, text_of
from synthset.images import SUFFIXES
from synthset.recipe.pools import Pool, PoolPath
from synthset.store.pool_index import is_dataset
from synthset.store.remote import Place, Remote

FACTS = {"pool_key": "key", "pool_url": "url", "pool_license": "license"}
BESIDE = (".txt", ".caption", ".json")

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


def captioned(settings: Pool, passed: Passed | None = None) -> Iterator[Captioned]:
    """Go through the images of all paths, in the order of the paths, then by file and row.

    Args:
        settings: where the pool lies.
        passed: gathers what is passed over.

    Raises:
        RecipeError: a path is not there, is unreadable, has no captions, or mixes splits.
    """
    for i, place in enumerate(settings.paths):
        where = f"source.paths[{i}].path"
        seen = described = 0
        mine = Passed()
        files = pool_files(place, where, mine)
        for file in files:
            for image in images_of(file, place, where, mine, alone=len(files) == 1):
                seen, described = seen + 1, described + bool(image.caption)
                yield image
        if passed is not None:
            passed.extend(mine)
        if not described:
            said = "; ".join(note for note in mine.notes())
            found = f"{seen:,} images and no caption" if seen else "no image"
            right = (
                "a pool is Parquet files with images and captions, tar shards, or a folder of "
                f"images, with `.txt` or a {place.caption_column!r} in `.json` beside each"
            )
            raise RecipeError(where, f"{found} in {place.path}" + (said and f" ({said})"), right)


def image_columns(places: Sequence[PoolPath]) -> list[str]:
    """The columns that may hold encoded images; the first that a file has is the one, and in a file
    without any it is found."""
    return first_images([place.image_column for place in places])


def images_of(
    file: Place,
    place: PoolPath,
    where: str,
    passed: Passed,
    captions: bool = True,
    alone: bool = False,
) -> Iterator[Captioned]:
    """Go through the images of one of `pool_files`, always in the same order.

    Args:
        file: a Parquet file, a tar shard, a folder or a dataset.
        place: what it belongs to.
        where: place in the recipe, for messages.
        passed: gathers what is passed over: what is damaged, and tables without images.
        captions: whether a dataset must have captions.
        alone: whether a table without its columns is an error, since there is no other file.

    Raises:
        RecipeError: it is unreadable, or a column is missing.
        DatasetError: the connection to it broke; `read` may raise it too.
    """
    images = _images(file, place, where, passed, captions, alone)
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
    file: Place, place: PoolPath, where: str, passed: Passed, captions: bool, alone: bool
) -> Iterator[Captioned]:
    if is_shard(file):
        yield from _shard(file, place, passed)
    elif is_table(file):
        try:
            yield from _table(file, place, where, passed)
        except RecipeError as fault:
            if alone:
                raise
            passed.add(OTHER, text_of(str(file)), fault.problems[0].found)
    elif is_dataset(file):
        for facts, source, read in kept_images(file, place, where, captions):
            yield _captioned(facts, None, source, place, read)
    else:
        yield from _folder(file, place, where, passed)


def _columns(place: PoolPath) -> Columns:
    return Columns(image=place.image_column, caption=place.caption_column)


def _table(path: Place, place: PoolPath, where: str, passed: Passed) -> Iterator[Captioned]:
    facts = tuple(FACTS.values())
    for row in table.find(path, _columns(place), where, passed, labelled=False, facts=facts):
        assert row.read is not None
        said = "" if row.caption is None else str(row.caption)
        yield _captioned(row.facts, said, row.source, place, row.read)


def _shard(path: Place, place: PoolPath, passed: Passed) -> Iterator[Captioned]:
    try:
        with tar_shards.opened(path) as tar:
            for key, sample in tar_shards.samples(tar):
                image = tar_shards.image_of(sample)
                if image is None:
                    continue
                beside = partial(_member, tar, sample)
                facts = {"key": key, **facts_beside(beside)}
                read = partial(tar_shards.member_bytes, tar, image)
                source = tar_shards.source_of(path, image)
                yield _captioned(
                    facts, caption_beside(beside, _columns(place)), source, place, read
                )
    except tar_shards.FAULTS as fault:  # what came before the damage is sound
        if isinstance(path, Remote) and isinstance(fault, OSError):
            raise  # a broken connection is no damage
        passed.add(UNREADABLE, text_of(str(path)), f"is no readable tar file ({fault})")


def _member(tar: tarfile.TarFile, sample: Mapping[str, tarfile.TarInfo], name: str) -> bytes | None:
    return tar_shards.member_bytes(tar, sample[name]) if name in sample else None


def _folder(folder: Place, place: PoolPath, where: str, passed: Passed) -> Iterator[Captioned]:
    start = len(folder.as_posix().rstrip("/")) + 1
    files = {path.as_posix()[start:]: path for path in files_below(folder, passed)}

    def read(name: str) -> bytes:
        path = files[name]
        return _reached(path, path.read_bytes) if isinstance(path, Remote) else path.read_bytes()

    here = Passed()
    tables = read_side_tables(list(files), read, _columns(place), where, here, ClassList())
    stems = set[str]()
    for name, path in files.items():
        if path.suffix.lower() not in SUFFIXES:
            continue
        stem = name.removesuffix(path.suffix)
        stems |= {stem, *map(str, PurePosixPath(name).parents)}
        beside = partial(_beside, files, stem)
        said = tables.of(name)
        facts = {"key": text_of(path.stem), **(said.facts if said else {}), **facts_beside(beside)}
        text = caption_beside(beside, _columns(place)) or (said.caption if said else None)
        yield _captioned(facts, text or "", source_of(path), place, partial(_file, path))
    known = {*here.read, *(row.path for row in here.rows)}
    for name, path in files.items():
        if path.suffix.lower() not in SUFFIXES and name not in known and not _is_of(name, stems):
            here.add(FORMAT, name)
    here.rows += tables.absent
    passed.extend(here.placed(lambda name: text_of(str(folder / name))))


def _is_of(name: str, stems: Set[str]) -> bool:
    """Tell whether a file says something of an image, or of a folder of images: img2dataset puts a
    table and its counts beside each."""
    stem, _, ending = name.rpartition(".")
    if f".{ending.lower()}" in BESIDE and stem in stems:
        return True
    return ending in ("parquet", "json") and stem.removesuffix("_stats") in stems


def _beside(files: Mapping[str, Place], stem: str, ending: str) -> bytes | None:
    """Read the file of an ending that stands beside an image."""
    path = files.get(f"{stem}.{ending}")
    return None if path is None else _file(path)


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
    said: str | None,
    source: str,
    place: PoolPath,
    read: Callable[[], bytes | None],
) -> Captioned:
    text = caption_in(facts, _columns(place)) if said is None else said
    kept = {column: _fact(facts, name) for column, name in FACTS.items()}
    return Captioned((text or "").strip(), source, place.origin, kept, read)


def _fact(facts: Mapping[str, Any], name: str) -> str | None:
    """What is known by a name, whatever its case: pools write `url` and `URL`."""
    known = (facts[one] for one in facts if one.casefold() == name.casefold())
    found = (
        facts.get(name)
        if facts.get(name) is not None
        else next((value for value in known if value is not None), None)
    )
    return None if found is None else str(found)
