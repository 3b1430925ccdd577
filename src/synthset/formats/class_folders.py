"""Finds the images of a folder that holds one folder for each class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from synthset.errors import RecipeError
from synthset.formats.files_below import ODD, files_below, is_hidden
from synthset.formats.labels import listed_classes
from synthset.formats.levels import files_in, is_image, level_of
from synthset.formats.listed import Label, Listed
from synthset.formats.source_names import source_of, text_of
from synthset.images import sha256
from synthset.store.remote import Place

STRAY = "images outside class folders"


def find(folder: Path, origin: str, where: str, ignored: Counter[str]) -> Iterator[Listed]:
    """List the images below each class folder, by path.

    Args:
        folder: its subfolders are the classes; folders inside a class folder belong to that class.
        origin: passed on.
        where: place in the recipe, for messages.
        ignored: counts what is no image, by extension, what is in no class folder, and odd entries
            by their path.

    Raises:
        RecipeError: the subfolders are splits, or may be, or the images lie in no class folder.
    """
    level = level_of(folder, where)
    folder, classes = level.folder, level.classes
    if level.splits:
        names = ", ".join(path.name for _, path in level.splits)
        found = f"{folder} holds the splits {names}, not classes"
        example = dict(reversed(level.splits)).get("train", level.splits[0][1])
        raise RecipeError(where, found, f"name one: {example.as_posix()}")
    inside = [path for path in folder.iterdir() if not is_hidden(path.name)]
    ignored.update(
        f"{text_of(str(path))} is {ODD}" for path in inside if not (path.is_dir() or path.is_file())
    )
    stray = files_in(folder)
    if not classes and any(map(is_image, stray)):
        right = "put them into one folder for each class, or name the folder above"
        raise RecipeError(where, f"the images lie directly in {folder}", right)
    ignored.update(STRAY if is_image(path) else path.suffix.lower() for path in stray)
    listed = listed_classes((folder, folder.parent), where)
    called = {text_of(place.name) for place in classes}
    listed = listed if listed and called <= set(listed.names) else None
    count, empty = 0, list[str]()
    for place in classes:
        begun = count
        for path in files_below(place, ignored):
            if not is_image(path):
                ignored[path.suffix.lower()] += 1
                continue
            count += 1
            yield _found(path, Label(text_of(place.name), vocabulary=listed), origin)
        if count == begun:
            empty.append(f"class folder without an image ({text_of(place.name)})")
    if count:
        ignored.update(empty)


def _found(path: Place, label: Label, origin: str) -> Listed:
    """Read a file for its hash; one that can't be read gets a record that will say so."""
    source = source_of(path)
    try:
        data = path.read_bytes()
    except OSError:
        return Listed(source, label, origin=origin, content=sha256(source.encode()))
    return Listed(source, label, origin=origin, content=sha256(data), num_bytes=len(data))
