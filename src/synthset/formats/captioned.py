"""Reads a pool: images with captions in Parquet and Arrow files, tar shards, folders and
datasets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from synthset.errors import DatasetError, RecipeError
from synthset.formats.captions import find_caption
from synthset.formats.columns import Columns, choose_image_columns
from synthset.formats.dataset import read_kept_images
from synthset.formats.manifest import OTHER, Passed
from synthset.formats.pool_files import list_pool_files
from synthset.formats.resolve import resolve
from synthset.formats.source_names import decode_name
from synthset.recipe.pools import Pool, PoolPath
from synthset.store.pool_index import is_dataset
from synthset.store.remote import Place, Remote

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


def read_captioned(settings: Pool, passed: Passed | None = None) -> Iterator[Captioned]:
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
        files = list_pool_files(place.path, where, mine)
        for file in files:
            for image in read_images(file, place, where, mine, alone=len(files) == 1):
                seen, described = seen + 1, described + bool(image.caption)
                yield image
        if passed is not None:
            passed.extend(mine)
        if not described:
            said = "; ".join(note for note in mine.notes())
            found = f"there are {seen:,} images but no captions" if seen else "there is no image"
            right = (
                "a pool is Parquet files with images and captions, tar shards, or a folder of "
                f"images, each with a `.txt` or with a {place.caption_column!r} in a `.json` "
                "beside it"
            )
            raise RecipeError(where, f"{found} in {place.path}" + (said and f" ({said})"), right)


def list_image_columns(places: Sequence[PoolPath]) -> list[str]:
    """The columns that may hold encoded images; the first that a file has is the one, and in a file
    without any it is found."""
    return choose_image_columns([place.image_column for place in places])


def read_images(
    file: Place,
    place: PoolPath,
    where: str,
    passed: Passed,
    captions: bool = True,
    alone: bool = False,
) -> Iterator[Captioned]:
    """Go through the images of one of `list_pool_files`, always in the same order.

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
    while (image := _read_remote(file, partial(next, images, None))) is not None:
        yield replace(image, read=partial(_read_remote, file, image.read))


def _read_remote(file: Remote, ask: Callable[[], T]) -> T:
    try:
        return ask()
    except OSError as fault:
        raise DatasetError(f"{file} can't be read ({fault}); try again") from None


def _images(
    file: Place, place: PoolPath, where: str, passed: Passed, captions: bool, alone: bool
) -> Iterator[Captioned]:
    if is_dataset(file):
        for facts, source, read in read_kept_images(file, place, where, captions):
            yield _make_captioned(facts, None, source, place, read)
        return
    layout = resolve(file, _columns(place), where, labelled=False)
    try:
        for unit in layout.units:
            for row in unit.rows(passed):
                assert row.read is not None
                yield _make_captioned(row.facts, row.caption, row.source, place, row.read)
    except RecipeError as fault:
        if alone:
            raise
        passed.add(OTHER, decode_name(str(file)), fault.problems[0].found)
    layout.leftover(passed)


def _columns(place: PoolPath) -> Columns:
    return Columns(image=place.image_column, caption=place.caption_column)


def _make_captioned(
    facts: Mapping[str, Any],
    said: str | None,
    source: str,
    place: PoolPath,
    read: Callable[[], bytes | None],
) -> Captioned:
    text = find_caption(facts, _columns(place)) if said is None else str(said)
    kept = {column: _find_fact(facts, name) for column, name in FACTS.items()}
    return Captioned((text or "").strip(), source, place.origin, kept, read)


def _find_fact(facts: Mapping[str, Any], name: str) -> str | None:
    """What is known by a name, whatever its case: pools write `url` and `URL`."""
    known = (facts[one] for one in facts if one.casefold() == name.casefold())
    found = (
        facts.get(name)
        if facts.get(name) is not None
        else next((value for value in known if value is not None), None)
    )
    return None if found is None else str(found)
