"""Which files of a folder hold many images each? One rule for every reader."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from synthset.formats import arrays, tars
from synthset.formats.files_below import join_path
from synthset.formats.levels import SEARCHED
from synthset.formats.source_names import get_ending
from synthset.formats.tree import Tree, get_name, is_image
from synthset.store.pool_index import DATASET
from synthset.store.remote import Place

METADATA = "metadata.parquet"  # describes image files beside it (Hugging Face's image folders)
#: What a folder of packed files holds; the first kind that is there counts.
PACKED = (tars.ENDINGS, ("parquet",), ("arrow",), ("zip",))


def is_packed(place: Place) -> bool:
    """Tell by its name whether a file holds many images."""
    return any(get_ending(str(place)) in endings for endings in PACKED)


def holds_arrays(tree: Tree) -> bool:
    """Tell whether a folder holds NumPy arrays, which are read on this disk alone."""
    return isinstance(tree.root, Path) and any(map(arrays.split_in, tree.list_files("")))


def list_packed(tree: Tree) -> list[tuple[str, Place]]:
    """List the packed files of a folder, of the first kind that is there: those in it and in its
    `data`, else, where no image file lies, those some folders further down."""
    if holds_arrays(tree):
        return []
    near = _find_packed(tree, [*tree.list_files(""), *tree.list_files("data")])
    if near:
        return near
    below: list[str] = []
    level = [""]
    for _ in range(SEARCHED):
        level = [inner for outer in level for inner in tree.list_folders(outer)]
        for inner in level:
            files = tree.list_files(inner)
            if any(map(is_image, files)) or join_path(inner, DATASET) in files:
                return []
            below += files
    return _find_packed(tree, below)


def _find_packed(tree: Tree, files: Sequence[str]) -> list[tuple[str, Place]]:
    kinds: dict[str, list[str]] = {}
    for path in files:
        if not _is_of_folder(tree, path) and not get_name(path).startswith("cache-"):
            kinds.setdefault(get_ending(path), []).append(path)
    for endings in PACKED:
        found = sorted(path for ending in endings for path in kinds.get(ending, ()))
        if found:
            return [(path, place) for path in found if (place := tree.place(path)) is not None]
    return []


def _is_of_folder(tree: Tree, path: str) -> bool:
    """Tell whether a table describes image files: those beside it (Hugging Face), or those of the
    folder of its name (img2dataset)."""
    if get_ending(path) != "parquet":
        return False
    stem = path.rpartition(".")[0]
    return get_name(path).lower() == METADATA or stem in tree.list_folders(path.rpartition("/")[0])
