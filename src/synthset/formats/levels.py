"""Which folders are classes, which are splits, and which only wrap others?

A class is a folder with images. A class may be called `train`, so names alone don't make a split:
what lies in the folders and beside them counts as well.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from synthset.errors import RecipeError
from synthset.formats.files_below import is_hidden, kind_of
from synthset.formats.split_names import is_split, split_of, splits_in
from synthset.images import SUFFIXES
from synthset.store.remote import Place

SHOWN = 5  # names that a message lists
SEARCHED = 3  # folders down to which packed files and splits are looked for
DEPTH = 8  # folders that only wrap others, at most: a link may lead upwards


@dataclass(frozen=True)
class Level:
    """What the folders in a folder are.

    Attributes:
        folder: the one whose folders these are; below the asked one, where that wraps another.
        classes: folders of one class each; empty where there are splits.
        splits: folder of each split, as `train`; empty where there are classes.
        others: folders beside the splits that are of none, or hold images of no class.
    """

    folder: Path
    classes: tuple[Path, ...] = ()
    splits: tuple[tuple[str, Path], ...] = ()
    others: tuple[Path, ...] = ()


def level_of(folder: Path, where: str) -> Level:
    """Find the folders of the classes, or of the splits, in a folder.

    Args:
        folder: with folders in it.
        where: place in the recipe, for messages.

    Raises:
        RecipeError: they can be read in two ways, or a split is there twice.
    """
    for _ in range(DEPTH):
        inside = folders_in(folder)
        flat = [path for path in inside if holds_images(path)]
        deep = [path for path in inside if path not in flat and folders_in(path)]
        wrapped = _wrapped(folder, deep) if not flat and not holds_images(folder) else None
        if wrapped is None:
            break
        folder = wrapped
    splits = _splits(folder, flat, deep, where)
    if splits:
        taken = [path for _, path in splits]
        return Level(folder, (), splits, tuple(p for p in (*flat, *deep) if p not in taken))
    for path in inside:
        _refuse_inner_splits(path, where)
    if not flat:
        _refuse_two_readings(folder, deep, where)
    return Level(folder, tuple(inside))


def refuse_split_folders(folder: Path, where: str) -> None:
    """Images that have no class folders are of one split, and not of the test split.

    Raises:
        RecipeError: folders further down are called by several splits, or by the test split.
    """
    level, there = [folder], dict[str | None, Path]()
    for _ in range(SEARCHED):
        level = [inner for outer in level for inner in folders_in(outer)]
        there |= {split_of(path.name): path for path in level if is_split(path.name)}
    if len(there) > 1 or "test" in there:
        names = ", ".join(sorted(path.name for path in there.values()))
        example = there.get("train", folder / "train").as_posix()
        raise RecipeError(where, f"{folder} holds the splits {names}", f"name one, as in {example}")


def folders_in(folder: Path) -> list[Path]:
    """List the folders in a folder by name, without hidden ones; none where it can't be read."""
    return _inside(folder, "folder")


def files_in(folder: Path) -> list[Path]:
    """List the files in a folder by name, without hidden ones; none where it can't be read."""
    return _inside(folder, "file")


def holds_images(folder: Path) -> bool:
    """Tell whether an image lies in a folder itself."""
    return any(map(is_image, files_in(folder)))


def _inside(folder: Path, kind: str) -> list[Path]:
    try:
        with os.scandir(folder) as inside:
            names = [one.name for one in inside if not is_hidden(one.name) and kind_of(one) == kind]
    except OSError:  # it is not there, or may not be read, which whoever reads it says
        return []
    return [folder / name for name in sorted(names)]


def is_image(path: Place) -> bool:
    """Tell by its name whether a file is an image that is read."""
    return path.suffix.lower() in SUFFIXES and not is_hidden(path.name)


def _wrapped(folder: Path, deep: list[Path]) -> Path | None:
    """The only folder in a folder, where it just wraps others: it names no split, or the one that
    the folder around it names."""
    if len(deep) != 1:
        return None
    said, inner = splits_in(deep[0].name), folders_in(deep[0])
    if said:
        return deep[0] if said == splits_in(folder.name) else None
    several = len(inner) > 1 or not any(map(holds_images, inner))
    return deep[0] if several else None


def _splits(
    folder: Path, flat: list[Path], deep: list[Path], where: str
) -> tuple[tuple[str, Path], ...]:
    """Name the splits among the folders in a folder; none where they are classes."""
    named = [path for path in deep if splits_in(path.name)]
    sure = any(split_of(path.name) for path in named)
    if not named and flat and all(is_split(path.name) for path in (*flat, *deep)):
        names = ", ".join(path.name for path in flat)
        found = f"{folder} holds the splits {names}, whose images lie in no class folder"
        raise RecipeError(where, found, "put them into one folder for each class")
    if sure or (named and not flat and len(named) == len(deep)):
        return tuple((split_of(p.name) or _split_in(p.name), p) for p in named)
    if named and not flat:
        said = f"{_listed(named)} may be splits, or classes beside {_listed(deep, named)}"
        right = "name one of them, or give the folder another name"
        raise RecipeError(where, f"{folder}: {said}", right)
    return ()


def _split_in(name: str) -> str:
    """The split that a name speaks of; of several the one that must not be trained on."""
    said = splits_in(name)
    return next(split for split in ("test", "val", "train") if split in said)


def _refuse_two_readings(folder: Path, deep: list[Path], where: str) -> None:
    """A folder that holds only folders is no class, unless there is but one name in all of them, as
    in `cat/images` and `dog/images`."""
    inner = list(dict.fromkeys(path.name for outer in deep for path in folders_in(outer)))
    if len(inner) > 1 or (inner and len(deep) == 1):
        found = (
            f"{folder} holds folders of folders: the classes may be {_listed(deep)}, or "
            f"{_listed([Path(name) for name in sorted(inner)])}"
        )
        right = "name the folder above the classes, whose images lie directly in the class folders"
        raise RecipeError(where, found, right)


def _refuse_inner_splits(place: Path, where: str) -> None:
    """A class folder may hold folders, but not a split's."""
    inner = folders_in(place)
    if inner and all(is_split(path.name) for path in inner):
        found = f"the class folder {place} holds the splits {_listed(inner)}"
        right = "put the splits above the classes, as in train/cat"
        raise RecipeError(where, found, right)


def _listed(paths: list[Path], but: list[Path] | None = None) -> str:
    names = [path.name for path in paths if path not in (but or [])]
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
