"""Finds the images of a folder that holds one folder for each class."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from synthset.errors import RecipeError
from synthset.generators.found import SPLITS, Found
from synthset.images import SUFFIXES, sha256
from synthset.store.remote import Place, Remote

HIDDEN = (".", "__MACOSX")


def find(folder: Path, origin: str, where: str, ignored: Counter[str]) -> Iterator[Found]:
    """List the images below each class folder, by path.

    Args:
        folder: its subfolders are the classes; folders inside a class folder belong to that class.
        origin: passed on.
        where: place in the recipe, for messages.
        ignored: counts what is no image, by extension.

    Raises:
        RecipeError: the subfolders are splits, or the images lie in no class folder.
    """
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not _hidden(path.name))
    _refuse_splits(folder, classes, where)
    stray = Counter(
        path.suffix.lower()
        for path in folder.iterdir()
        if path.is_file() and not _hidden(path.name)
    )
    if not classes and any(suffix in SUFFIXES for suffix in stray):
        right = "put them into one folder for each class, or name the folder above"
        raise RecipeError(where, f"the images lie directly in {folder}", right)
    ignored.update(stray)
    for place in classes:
        for path in files_below(place):
            if path.suffix.lower() not in SUFFIXES:
                ignored[path.suffix.lower()] += 1
                continue
            data = path.read_bytes()
            yield Found(place.name, path.as_posix(), None, origin, sha256(data), len(data))


def files_below(place: Place) -> Iterator[Place]:
    """Go through the files of a folder and those inside it, by name, without hidden ones."""
    if isinstance(place, Remote):
        for file, _ in place.files_below():
            if not any(map(_hidden, place.below(file).split("/"))):
                yield file
        return
    for parent, folders, names in os.walk(place):
        folders[:] = sorted(name for name in folders if not _hidden(name))
        yield from (Path(parent, name) for name in sorted(names) if not _hidden(name))


def _hidden(name: str) -> bool:
    return name.startswith(HIDDEN)


def _refuse_splits(folder: Path, classes: list[Path], where: str) -> None:
    """A class may be called 'train', so a split is a folder of that name with folders in it and no
    image of its own."""
    splits = [
        path.name for path in classes if path.name.lower() in SPLITS and _holds_only_folders(path)
    ]
    if splits:
        found = f"{folder} holds the splits {', '.join(splits)}, not classes"
        example = next((name for name in splits if name.lower().startswith("train")), splits[0])
        raise RecipeError(where, found, f"name one: {(folder / example).as_posix()}")


def _holds_only_folders(place: Path) -> bool:
    inside = [path for path in place.iterdir() if not _hidden(path.name)]
    return any(path.is_dir() for path in inside) and not any(
        path.suffix.lower() in SUFFIXES for path in inside
    )
