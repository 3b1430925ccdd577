"""Which files of a folder hold many images each? One rule for every reader."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from synthset.formats import arrays, tars
from synthset.formats.files_below import joined
from synthset.formats.levels import SEARCHED
from synthset.formats.source_names import ending_of
from synthset.formats.tree import Tree, is_image, name_of
from synthset.store.pool_index import DATASET
from synthset.store.remote import Place

METADATA = "metadata.parquet"  # describes image files beside it (Hugging Face's image folders)
#: What a folder of packed files holds; the first kind that is there counts.
PACKED = (tars.ENDINGS, ("parquet",), ("arrow",), ("zip",))


def is_packed(place: Place) -> bool:
    """Tell by its name whether a file holds many images."""
    return any(ending_of(str(place)) in endings for endings in PACKED)


def holds_arrays(tree: Tree) -> bool:
    """Tell whether a folder holds NumPy arrays, which are read on this disk alone."""
    return isinstance(tree.root, Path) and any(map(arrays.split_in, tree.files_in("")))


def packed_in(tree: Tree) -> list[tuple[str, Place]]:
    """List the packed files of a folder, of the first kind that is there: those in it and in its
    `data`, else, where no image file lies, those some folders further down."""
    if holds_arrays(tree):
        return []
    near = _packed(tree, [*tree.files_in(""), *tree.files_in("data")])
    if near:
        return near
    below: list[str] = []
    level = [""]
    for _ in range(SEARCHED):
        level = [inner for outer in level for inner in tree.folders_in(outer)]
        for inner in level:
            files = tree.files_in(inner)
            if any(map(is_image, files)) or joined(inner, DATASET) in files:
                return []
            below += files
    return _packed(tree, below)


def _packed(tree: Tree, files: Sequence[str]) -> list[tuple[str, Place]]:
    kinds: dict[str, list[str]] = {}
    for path in files:
        if not _is_of_folder(tree, path) and not name_of(path).startswith("cache-"):
            kinds.setdefault(ending_of(path), []).append(path)
    for endings in PACKED:
        found = sorted(path for ending in endings for path in kinds.get(ending, ()))
        if found:
            return [(path, place) for path in found if (place := tree.place(path)) is not None]
    return []


def _is_of_folder(tree: Tree, path: str) -> bool:
    """Tell whether a table describes image files: those beside it (Hugging Face), or those of the
    folder of its name (img2dataset)."""
    if ending_of(path) != "parquet":
        return False
    stem = path.rpartition(".")[0]
    return name_of(path).lower() == METADATA or stem in tree.folders_in(path.rpartition("/")[0])
