"""Lists the labelled images that a recipe or a command names, each read once for its hash."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from synthset.errors import DatasetError, RecipeError, Unlabelled
from synthset.formats import split_names
from synthset.formats.columns import Columns
from synthset.formats.labels import find_classes, name_vocabulary, number_same_labels
from synthset.formats.layout import Layout, Unit
from synthset.formats.listed import Listed
from synthset.formats.manifest import NO_SPLIT, OF_ANOTHER, REST, UNLABELLED, UNLISTED, Passed
from synthset.formats.resolve import ARCHIVES, TABLES, resolve
from synthset.formats.source_names import decode_name, get_ending
from synthset.formats.split_names import refuse_splits, split_below
from synthset.images import sha256
from synthset.recipe.paths import FolderPath
from synthset.recipe.sources import LabelledSource
from synthset.store.remote import Place, Remote, is_url, parse_place
from synthset.taxonomy.names import ClassNames

SHOWN = 5  # kinds of what was passed over that a refusal names


def scan(settings: LabelledSource, passed: Passed | None = None) -> Iterator[Listed]:
    """List the images of all paths, in the order of the paths, then by file name and row: always
    the same order.

    Every image is read once, for its hash.

    Args:
        settings: where to look.
        passed: gathers what is passed over.

    Raises:
        RecipeError: a path is not there, holds no image, or mixes splits.
    """
    for i, place in enumerate(settings.paths):
        yield from scan_path(place, f"source.paths[{i}].path", passed)


def scan_path(place: FolderPath, where: str, passed: Passed | None = None) -> Iterator[Listed]:
    """List the images of one path, as `scan` does."""
    layout = resolve_place(place, where)
    yield from list_units(layout, layout.units, place, where, passed)


def list_classes(settings: LabelledSource) -> list[ClassNames]:
    """Name the classes of all paths in label order, as `find_classes` does of their images; no
    image is read where lists, ClassLabels or folders say them.

    Raises:
        RecipeError: as for `scan`.
    """
    where = "source.paths[0].path"
    if len(settings.paths) == 1 and settings.paths[0].split is None:
        layout = resolve_place(settings.paths[0], where)
        _refuse_several(layout, layout.splits, settings.paths[0], where)
        if layout.closed and layout.vocabulary is not None:
            return name_vocabulary(layout.vocabulary)
    return find_classes(list(scan(settings)))


def resolve_place(place: FolderPath, where: str) -> Layout:
    """Find out what a path or a glob is.

    Raises:
        RecipeError: nothing is there, or it can be read in two ways.
    """
    return resolve_path(place.path, get_columns(place), where)


def resolve_path(path: str, columns: Columns, where: str) -> Layout:
    """Find out what a path, a URL or a glob is.

    Raises:
        RecipeError: nothing is there, or it can be read in two ways.
    """
    layouts = [resolve(found, columns, where) for found in expand(path, where)]
    if len(layouts) == 1:
        return layouts[0]
    units = []
    for layout in layouts:
        mine = _by_name(layout.root)
        units += [replace(unit, split=unit.split or mine) for unit in layout.units]
    kinds = " and ".join(dict.fromkeys(layout.kind for layout in layouts))
    tables = [one for layout in layouts for one in layout.tables]
    return Layout(Path(path), kinds, tuple(units), tables=tuple(tables))


def _by_name(place: Place) -> str | None:
    """The split that a file or folder of a glob is called by, if there is one alone."""
    said = split_below(place, place.parent)
    return next(iter(said)) if len(said) == 1 else None


def get_columns(place: FolderPath) -> Columns:
    """What a path's settings call the columns."""
    return Columns(place.image_column, place.label_column, place.prompt_column)


def list_units(
    layout: Layout,
    units: Sequence[Unit],
    place: FolderPath,
    where: str,
    passed: Passed | None = None,
) -> Iterator[Listed]:
    """List the images of some units of a layout, all of one split.

    Args:
        layout: of the path.
        units: those that are wanted.
        place: the path's settings.
        where: place in the recipe, for messages.
        passed: gathers what is passed over.

    Raises:
        RecipeError: they are of several splits, or hold no image.
    """
    _refuse_several(layout, {unit.split: unit for unit in units if unit.split}, place, where)
    rest = _find_unsplit(layout) if place.split is None else []
    units = [unit for unit in units if unit not in rest]
    mine, count = Passed(), 0
    rows = (row for unit in units for row in _list_unit(unit, mine))
    read = hash_images(_keep_split(rows, layout, place, where, mine), place.origin)
    for image in number_same_labels(read):
        count += 1
        yield image
    mine.labels.append(layout.labels)
    mine.layouts.append(f"{layout.kind} in {decode_name(str(layout.root))}")
    if _takes_leftover(layout, units):
        layout.leftover(mine)
        for unit in rest:
            mine.add(REST, unit.path)
    if passed is not None:
        passed.extend(mine)
    if not count:
        raise _explain_nothing(where, place.path, mine)


def _find_unsplit(layout: Layout) -> list[Unit]:
    """Packed files that are of no split, beside those that train: nobody knows that they may."""
    packed = [unit for unit in layout.units if get_ending(unit.path) in (*ARCHIVES, *TABLES)]
    if not any(unit.split == "train" for unit in packed):
        return []
    return [unit for unit in packed if unit.split is None and not unit.within]


def _takes_leftover(layout: Layout, units: Sequence[Unit]) -> bool:
    """Whether what lies beside all splits is counted with some of them: once, where they are listed
    one by one."""
    order = sorted(layout.units, key=lambda unit: unit.split != "train")
    return not order or any(unit.path == order[0].path for unit in units)


def _list_unit(unit: Unit, passed: Passed) -> Iterator[Listed]:
    for row in unit.rows(passed):
        yield row if row.split or not unit.split else replace(row, split=unit.split)


def _keep_split(
    rows: Iterable[Listed], layout: Layout, place: FolderPath, where: str, passed: Passed
) -> Iterator[Listed]:
    """Hold the rows to one split, which may stand in a column."""
    seen: dict[str, Listed] = {}
    for row in rows:
        if row.split:
            seen.setdefault(row.split, row)
            _refuse_several(layout, seen, place, where)
        if place.split in (None, row.split):
            yield row
        else:
            passed.add(NO_SPLIT if row.split is None else OF_ANOTHER, row.source)


def _refuse_several(
    layout: Layout, splits: Iterable[str | None], place: FolderPath, where: str
) -> None:
    names = sorted(filter(None, splits))
    if len(names) > 1 and place.split is None:
        packed = [Path(unit.path) for unit in layout.units if unit.split]
        endings = {get_ending(file.name) for file in packed}
        if endings <= {*ARCHIVES, *TABLES} and all(file.is_file() for file in packed):
            refuse_splits(packed, where)
        units = {unit.split: unit.path for unit in reversed(layout.units)}
        example = units.get("train") or units.get(names[0])
        alone = example if layout.folders and not layout.labels else None  # without its table
        one = f"name one: {alone}, or " if alone else ""
        found = f"{layout.root} contains the splits {', '.join(names)}"
        raise RecipeError(where, found, f"{one}choose one with `split: {names[-1]}`")


def hash_images(rows: Iterable[Listed], origin: str) -> Iterator[Listed]:
    """Read each image for its hash; one that can't be read keeps its row, which will say so."""
    for row in rows:
        if row.content:
            yield replace(row, origin=origin, read=None)
            continue
        data = row.read() if row.read is not None else None
        content = sha256(row.source.encode() if data is None else data)
        yield replace(row, origin=origin, content=content, num_bytes=len(data or b""), read=None)


def expand(path: str, where: str) -> list[Place]:
    """List what a path, a URL or a glob stands for, by name.

    Raises:
        RecipeError: nothing is there; the nearest name is shown.
    """
    if is_url(path):
        return list(_find_by_url(path, where))
    place = Path(path.removeprefix("file://")).expanduser().absolute()
    if place.exists():
        return [place]
    if place.is_symlink():
        said = f"{path} is a link to {os.readlink(place)}, which doesn't exist"
        raise RecipeError(where, said, "fix the link, or name its target")
    matches = [Path(match) for match in sorted(glob.glob(str(place), recursive=True))]
    if matches:
        return list(matches)
    siblings = [sibling.name for sibling in place.parent.glob("*")]
    near = get_close_matches(place.name, siblings, n=1)
    right = (
        f"did you mean {(place.parent / near[0]).as_posix()}?"
        if near
        else "name a folder, a table, a tar or a zip file"
    )
    raise RecipeError(where, f"there is nothing at {path}", right)


def _find_by_url(url: str, where: str) -> Sequence[Remote]:
    try:
        remote = parse_place(url)
        assert isinstance(remote, Remote)
        found = remote.find()
    except DatasetError as error:
        raise RecipeError(where, *str(error).split("; ", 1)) from None
    except OSError as fault:
        right = "check its name, and whether you may read it"
        raise RecipeError(where, f"{url} can't be reached ({fault})", right) from None
    if not found:
        what = f"there is nothing at {url}, or nothing that you may read"
        raise RecipeError(where, what, "name a folder, a table, a tar or a zip file")
    return found


def refuse_tests(paths: Sequence[FolderPath], where: str = "source.paths") -> None:
    """Refuse paths that are a test split by their names, or hold one.

    Raises:
        RecipeError: one is, or nothing lies there.
    """
    for i, place in enumerate(paths):
        at = f"{where}[{i}].path"
        layout = resolve_place(place, at)
        for path in expand(place.path, at):
            refuse_test(path, layout, place.split, at)


def refuse_unusable(paths: Sequence[FolderPath], where: str) -> None:
    """Refuse paths of which `scan` would list nothing; no image is read.

    Raises:
        RecipeError: nothing is there, it holds no labelled image, or mixes splits.
    """
    for i, place in enumerate(paths):
        at, passed = f"{where}[{i}].path", Passed()
        layout = resolve_place(place, at)
        _refuse_several(layout, layout.splits, place, at)
        if not any(True for unit in layout.units for _ in unit.rows(passed)):
            raise _explain_nothing(at, place.path, passed)


def refuse_test(path: Place, layout: Layout, split: str | None, where: str) -> None:
    """Images of a test split are no source: what is made of them would be tested on them.

    Args:
        path: a file or folder that a recipe names.
        layout: what it holds.
        split: the one of its splits that is wanted; None where that isn't said.
        where: place in the recipe, for messages.

    Raises:
        RecipeError: it is a test split by its name, or holds one.
    """
    if split in (None, "test"):
        tests = [unit.path for unit in layout.units if unit.split == "test"]
        split_names.refuse_test(path, [path.as_posix()] if split else tests, where)


def _explain_nothing(where: str, path: str, passed: Passed) -> RecipeError:
    seen = "; ".join(note.removeprefix("passed over: ") for note in passed.notes()[:SHOWN])
    right = "name a folder with one folder of images for each class, or a table with labels"
    counts = passed.counts()
    kind = Unlabelled if counts[UNLISTED] or counts[UNLABELLED] else RecipeError
    found = f"only {seen}" if seen else "it is empty"
    return kind(where, f"there is no labelled image in {path} ({found})", right)
