"""What is this path? Finds the labelled images of folders, tables and archives."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from synthset.errors import RecipeError
from synthset.formats import class_folders, table, tar_shards
from synthset.formats.columns import Columns
from synthset.formats.labels import numbers_told_apart
from synthset.formats.levels import SEARCHED, files_in, folders_in, is_image
from synthset.formats.listed import Listed
from synthset.formats.manifest import UNLABELLED, Passed
from synthset.formats.split_names import refuse_splits, refuse_test
from synthset.images import sha256
from synthset.recipe.paths import FolderPath
from synthset.recipe.sources import Augment, Gan, Img2Img
from synthset.recipe.sources import Folder as Settings

SHOWN = 5  # kinds of what was passed over
DATASET = "dataset.json"  # in every folder that `synthset run` made
METADATA = "metadata.parquet"  # describes image files beside it (Hugging Face's image folders)


def scan(
    settings: Settings | Augment | Img2Img | Gan, ignored: Counter[str] | None = None
) -> Iterator[Listed]:
    """List the images of all paths, in the order of the paths, then by file name and row: always
    the same order.

    Every image is read once, for its hash.

    Args:
        settings: where to look.
        ignored: counts what was passed over: files that are no image, by extension, rows without
            a label, and in a sentence each what is damaged or no file.

    Raises:
        RecipeError: a path is not there, holds no image, or mixes splits.
    """
    for i, place in enumerate(settings.paths):
        where = f"source.paths[{i}].path"
        yield from scan_files(expand(place.path, where), place, where, ignored)


def scan_files(
    paths: Sequence[Path], place: FolderPath, where: str, ignored: Counter[str] | None = None
) -> Iterator[Listed]:
    """List the images of some files and folders that belong together, as `scan` does.

    Args:
        paths: where they lie.
        place: their columns and origin, and what to call them.
        where: place in the recipe, for messages.
        ignored: as for `scan`.
    """
    passed, count = Counter[str](), 0
    for found in numbers_told_apart(_place(paths, place, where, passed)):
        count += 1
        yield found
    if ignored is not None:
        ignored.update(passed)
    if not count:
        raise _nothing(where, place.path, passed)


def _place(
    paths: Sequence[Path], place: FolderPath, where: str, ignored: Counter[str]
) -> Iterator[Listed]:
    tables: list[Path] = []
    shards: list[Path] = []
    folders: list[Path] = []
    for path in paths:
        files = packed_in(path) if path.is_dir() else [path] if path.is_file() else []
        shards += (file for file in files if file.suffix.lower() == ".tar")
        tables += (file for file in files if file.suffix.lower() == ".parquet")
        if path.is_dir() and not files:
            folders.append(path)
        elif files == [path] and path.suffix.lower() not in (".tar", ".parquet"):
            ignored[path.suffix.lower()] += 1
    refuse_splits([*tables, *shards], where)
    for file in tables:
        yield from _rows(file, place, where, ignored)
    for shard in shards:
        yield from tar_shards.find(shard, place, where, ignored)
    for folder in folders:
        yield from class_folders.find(folder, place.origin, where, ignored)


def _rows(file: Path, place: FolderPath, where: str, ignored: Counter[str]) -> Iterator[Listed]:
    passed = Passed()
    columns = Columns(place.image_column, place.label_column, place.prompt_column)
    for row in table.find(file, columns, where, passed):
        data = row.read() if row.read else None
        content = sha256(row.source.encode() if data is None else data)
        size = len(data or b"")
        yield replace(row, origin=place.origin, content=content, num_bytes=size, read=None)
    for one in passed.rows:
        said = one.detail.replace(" can't", f" of {one.path} can't", 1)
        said = f"{one.path} {said}" if said == one.detail else said
        ignored["rows without a label" if one.reason == UNLABELLED else said] += 1


def packed_in(folder: Path) -> list[Path]:
    """List the tar shards of a folder, else its Parquet files: those in it and in its `data`, else,
    where no image file lies, those some folders further down."""
    near = _packed([*files_in(folder), *files_in(folder / "data")])
    if near or (folder / DATASET).exists():
        return near
    below: list[Path] = []
    level = [folder]
    for _ in range(SEARCHED):
        level = [inner for outer in level for inner in folders_in(outer)]
        for inner in level:
            files = files_in(inner)
            if any(map(is_image, files)) or (inner / DATASET).exists():
                return []
            below += files
    return _packed(below)


def _packed(files: Sequence[Path]) -> list[Path]:
    kinds: dict[str, list[Path]] = {}
    for file in files:
        if file.name != METADATA:
            kinds.setdefault(file.suffix.lower(), []).append(file)
    return sorted(kinds.get(".tar") or kinds.get(".parquet") or [])


def expand(path: str, where: str) -> list[Path]:
    """List what a path or a glob of the recipe stands for, by name.

    Raises:
        RecipeError: nothing is there; the nearest name is shown.
    """
    if "://" in path:
        raise RecipeError(where, f"{path} is not on this disk", "download it and name the folder")
    place = Path(path).expanduser().absolute()
    if place.exists():
        return [place]
    matches = [Path(match) for match in sorted(glob.glob(str(place), recursive=True))]
    if matches:
        return matches
    siblings = [sibling.name for sibling in place.parent.glob("*")]
    near = get_close_matches(place.name, siblings, n=1)
    right = (
        f"did you mean {(place.parent / near[0]).as_posix()}?"
        if near
        else "name a folder, a Parquet or a tar file"
    )
    raise RecipeError(where, f"nothing at {path}", right)


def refuse_tests(paths: Sequence[FolderPath], where: str = "source.paths") -> None:
    """Refuse paths that are a test split by their names, or by that of a file in them.

    Raises:
        RecipeError: one is, or nothing lies there.
    """
    for i, place in enumerate(paths):
        for path in expand(place.path, f"{where}[{i}].path"):
            refuse_test(path, packed_in(path) if path.is_dir() else (), f"{where}[{i}].path")


def passed_over(passed: Counter[str]) -> tuple[str, ...]:
    """Say in a note what a scan has passed over; none where that is nothing."""
    return (f"passed over: {_listed(passed)}",) if passed else ()


def _listed(passed: Counter[str]) -> str:
    named = [
        name if os.sep in name else f"{count:,} {name or 'without extension'}"
        for name, count in passed.most_common(SHOWN)
    ]
    rest = [f"{len(passed) - SHOWN:,} more"] if len(passed) > SHOWN else []
    return ", ".join([*named, *rest])


def _nothing(where: str, path: str, passed: Counter[str]) -> RecipeError:
    seen = _listed(passed)
    right = "name a folder with one folder of images for each class, or a Parquet file"
    return RecipeError(
        where,
        f"no labelled image in {path} ({'found only ' + seen if seen else 'it is empty'})",
        right,
    )
