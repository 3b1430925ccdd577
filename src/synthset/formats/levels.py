"""Which folders are classes, which are splits, and which only wrap others?

A class is a folder with images. A class may be called `train`, so names alone don't make a split:
what lies in the folders and beside them counts as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synthset.errors import RecipeError
from synthset.formats.split_names import find_splits, is_split, split_of
from synthset.formats.tree import Tree, get_name

SHOWN = 5  # names that a message lists
SEARCHED = 3  # folders down to which packed files and splits are looked for
DEPTH = 8  # folders that only wrap others, at most: a link may lead upwards


@dataclass(frozen=True)
class Level:
    """What the folders in a folder of a tree are.

    Attributes:
        folder: the one whose folders these are; below the asked one, where that wraps another.
        classes: folders of one class each; empty where there are splits.
        splits: folder of each split, as `train`; empty where there are classes.
        others: folders beside the splits that are of none, or hold images of no class.
    """

    folder: str
    classes: tuple[str, ...] = ()
    splits: tuple[tuple[str, str], ...] = ()
    others: tuple[str, ...] = ()


def find_level(tree: Tree, where: str, folder: str = "") -> Level:
    """Find the folders of the classes, or of the splits, in a folder.

    Args:
        tree: the files.
        where: place in the recipe, for messages.
        folder: with folders in it.

    Raises:
        RecipeError: they can be read in two ways, or images lie in a split and in no class.
    """
    for _ in range(DEPTH):
        inside = tree.list_folders(folder)
        flat = [path for path in inside if tree.holds_images(path)]
        deep = [path for path in inside if path not in flat and tree.list_folders(path)]
        bare = not flat and not tree.holds_images(folder)
        wrapped = _find_wrapped(tree, folder, deep) if bare else None
        if wrapped is None:
            break
        folder = wrapped
    splits = _find_splits(tree, folder, flat, deep, where)
    if splits:
        taken = [path for _, path in splits]
        return Level(folder, (), splits, tuple(p for p in (*flat, *deep) if p not in taken))
    for path in inside:
        _refuse_inner_splits(tree, path, where)
    if not flat:
        _refuse_two_readings(tree, folder, deep, where)
    return Level(folder, tuple(inside))


def split_folders(tree: Tree) -> dict[str, str]:
    """Find folders that are called by a split and by nothing else, the outermost of each path."""
    level, found = [""], dict[str, str]()
    for _ in range(SEARCHED):
        level = [inner for outer in level for inner in tree.list_folders(outer)]
        found |= {path: str(split_of(get_name(path))) for path in level if is_split(get_name(path))}
        level = [path for path in level if path not in found]
    return found


def refuse_split_folders(tree: Tree, where: str) -> None:
    """Images that have no class folders are of one split, and not of the test split.

    Raises:
        RecipeError: folders further down are called by several splits, or by the test split.
    """
    found = split_folders(tree)
    if len(set(found.values())) > 1 or "test" in found.values():
        names = ", ".join(sorted(map(get_name, found)))
        example = {split: path for path, split in found.items()}.get("train")
        said = f"{tree.show('')} contains the splits {names}"
        right = f"name one, as in {tree.show(example)}" if example else "name images for training"
        raise RecipeError(where, said, right)


def _find_wrapped(tree: Tree, folder: str, deep: list[str]) -> str | None:
    """The only folder in a folder, where it just wraps others: it names no split, or the one that
    the folder around it names."""
    if len(deep) != 1:
        return None
    said, inner = find_splits(get_name(deep[0])), tree.list_folders(deep[0])
    if said:
        return deep[0] if said == find_splits(get_name(tree.show(folder))) else None
    several = len(inner) > 1 or not any(map(tree.holds_images, inner))
    return deep[0] if several else None


def _find_splits(
    tree: Tree, folder: str, flat: list[str], deep: list[str], where: str
) -> tuple[tuple[str, str], ...]:
    """Name the splits among the folders in a folder; none where they are classes."""
    named = [path for path in deep if find_splits(get_name(path))]
    sure = any(split_of(get_name(path)) for path in named)
    if not named and flat and all(is_split(get_name(path)) for path in (*flat, *deep)):
        names = ", ".join(map(get_name, flat))
        found = (
            f"{tree.show(folder)} contains the splits {names}, whose images are not in class "
            "folders"
        )
        raise RecipeError(where, found, "put them into one folder for each class")
    if sure or (named and not flat and len(named) == len(deep)):
        return tuple((split_of(get_name(p)) or _split_in(get_name(p)), p) for p in named)
    if named and not flat:
        said = f"{_list_paths(named)} may be splits, or classes like {_list_paths(deep, named)}"
        right = "name one of them, or rename the folder"
        raise RecipeError(where, f"{tree.show(folder)}: {said}", right)
    return ()


def _split_in(name: str) -> str:
    """The split that a name speaks of; of several the one that must not be trained on."""
    said = find_splits(name)
    return next(split for split in ("test", "val", "train") if split in said)


def _refuse_two_readings(tree: Tree, folder: str, deep: list[str], where: str) -> None:
    """A folder that holds only folders is no class, unless there is but one name in all of them, as
    in `cat/images` and `dog/images`."""
    inner = list(
        dict.fromkeys(get_name(path) for outer in deep for path in tree.list_folders(outer))
    )
    if len(inner) > 1 or (inner and len(deep) == 1):
        found = (
            f"{tree.show(folder)} contains folders of folders: the classes may be "
            f"{_list_paths(deep)}, or {_list_paths(sorted(inner))}"
        )
        right = (
            "name the folder that contains the class folders, with the images directly inside these"
        )
        raise RecipeError(where, found, right)


def _refuse_inner_splits(tree: Tree, place: str, where: str) -> None:
    """A class folder may hold folders, but not a split's."""
    inner = tree.list_folders(place)
    if inner and all(is_split(get_name(path)) for path in inner):
        found = f"the class folder {tree.show(place)} contains the splits {_list_paths(inner)}"
        right = (
            "put the splits above the classes, as in train/cat; if this folder is not a class, "
            "name it as the path"
        )
        raise RecipeError(where, found, right)


def _list_paths(paths: Sequence[str], but: Sequence[str] = ()) -> str:
    names = [get_name(path) for path in paths if path not in but]
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
