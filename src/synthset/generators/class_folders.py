"""Finds the images of a folder that holds one folder for each class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from synthset.errors import RecipeError
from synthset.generators.files_below import ODD, files_below, is_hidden
from synthset.generators.found import SPLITS, Found
from synthset.generators.source_names import source_of, text_of
from synthset.images import SUFFIXES, sha256
from synthset.store.remote import Place


def find(folder: Path, origin: str, where: str, ignored: Counter[str]) -> Iterator[Found]:
    """List the images below each class folder, by path.

    Args:
        folder: its subfolders are the classes; folders inside a class folder belong to that class.
        origin: passed on.
        where: place in the recipe, for messages.
        ignored: counts what is no image, by extension, and odd entries by their path.

    Raises:
        RecipeError: the subfolders are splits, or the images lie in no class folder.
    """
    inside = [path for path in folder.iterdir() if not is_hidden(path.name)]
    classes = sorted(path for path in inside if path.is_dir())
    _refuse_splits(folder, classes, where)
    stray = Counter(path.suffix.lower() for path in inside if path.is_file())
    ignored.update(
        f"{text_of(str(path))} is {ODD}" for path in inside if not (path.is_dir() or path.is_file())
    )
    if not classes and any(suffix in SUFFIXES for suffix in stray):
        right = "put them into one folder for each class, or name the folder above"
        raise RecipeError(where, f"the images lie directly in {folder}", right)
    ignored.update(stray)
    for place in classes:
        for path in files_below(place, ignored):
            if path.suffix.lower() not in SUFFIXES:
                ignored[path.suffix.lower()] += 1
                continue
            yield _found(path, text_of(place.name), origin)


def _found(path: Place, label: str, origin: str) -> Found:
    """Read a file for its hash; one that can't be read gets a record that will say so."""
    source = source_of(path)
    try:
        data = path.read_bytes()
    except OSError:
        return Found(label, source, None, origin, sha256(source.encode()), 0)
    return Found(label, source, None, origin, sha256(data), len(data))


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
    inside = [path for path in place.iterdir() if not is_hidden(path.name)]
    return any(path.is_dir() for path in inside) and not any(
        path.suffix.lower() in SUFFIXES for path in inside
    )
