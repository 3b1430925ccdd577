"""Finds the files that a path of a pool stands for, on this disk or by URL."""

from __future__ import annotations

from pathlib import Path

from synthset.formats.levels import refuse_split_folders
from synthset.formats.manifest import DEAD, ODD, Passed
from synthset.formats.packed_files import is_packed, list_packed
from synthset.formats.scan import expand
from synthset.formats.source_names import decode_name
from synthset.formats.split_names import refuse_splits, refuse_test, split_below
from synthset.formats.tree import open_tree
from synthset.store.pool_index import is_dataset
from synthset.store.remote import Place


def list_pool_files(path: str, where: str, passed: Passed) -> list[Place]:
    """List the packed files, folders of images and datasets that a path stands for, by name.

    Args:
        path: a file, a folder, a URL or a pattern.
        where: place in the recipe, for messages.
        passed: gathers what is none of these.

    Raises:
        RecipeError: nothing is there, or it can't be reached, or the files are of several splits,
            or of a test split.
    """
    found = [file for place in expand(path, where) for file in _list_files(place, where, passed)]
    refuse_splits([file for file in found if file.is_file()], where)
    return found


def _list_files(place: Place, where: str, passed: Passed) -> list[Place]:
    """The packed files of a folder, else the folder; a file itself."""
    if not place.is_dir() or is_dataset(place):
        refuse_test(place, (), where)
        return [place] if _is_there(place, passed) else []
    tree = open_tree(place)
    packed = list_packed(tree)
    tests = (file.as_posix() for _, file in packed if "test" in split_below(file, place))
    refuse_test(place, tests, where)
    if not packed:
        refuse_split_folders(tree, where)
        return [place]
    tree.sweep("", (), passed, [tree.show(name) for name, _ in packed])
    return [file for _, file in packed]


def _is_there(place: Place, passed: Passed) -> bool:
    """Tell whether something can be read: to open a FIFO may take for ever."""
    if isinstance(place, Path) and not (place.is_file() or place.is_dir()):
        passed.add(ODD if place.exists() else DEAD, decode_name(str(place)))
        return False
    return place.is_dir() or is_packed(place)
