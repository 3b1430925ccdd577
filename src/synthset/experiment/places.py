"""Finds the splits of a data set on this disk: what trains, what validates, what tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synthset.errors import RecipeError
from synthset.formats.levels import holds_images, level_of
from synthset.formats.scan import DATASET, packed_in
from synthset.formats.split_names import split_below
from synthset.store.remote import Place, Remote

Where = Place | tuple[Path, ...]  # a folder or file, or the files of a split
SHOWN = 3  # files that a message lists


@dataclass(frozen=True)
class Places:
    """Where the images lie: each a path or some files, or None where there are none apart.

    Attributes:
        train: images to train on.
        val: images that choose the weights; None splits them off.
        test: images that are asked once, at the end; None leaves the figures to validation.
        left_out: what lies beside the splits and is of none.
    """

    train: Where
    val: Where | None = None
    test: Where | None = None
    left_out: tuple[Path, ...] = ()


def find_places(data: Place, val: Place | None, test: Place | None) -> Places:
    """Look for splits inside a folder, as exports and Hugging Face data sets have them.

    Args:
        data: a folder or file with images, or a folder of splits; from afar a dataset alone.
        val, test: given apart; they come before what lies in `data`.

    Raises:
        RecipeError: the names can be read in two ways.
    """
    if isinstance(data, Remote) or not data.is_dir() or (data / DATASET).is_file():
        return Places(data, val, test)
    given = {name for name, place in (("val", val), ("test", test)) if place is not None}
    files = packed_in(data)
    found, left_out = _of_files(files, data) if files else _of_folders(data, given)
    if "train" not in found:
        named = {name: _name(place) for name, place in found.items() if name not in given}
        if named and left_out:
            said = f"{', '.join(named.values())} and {_listed(left_out)}, none of them called train"
            right = "name what trains as DATA, the others as --val and --test"
            raise RecipeError("DATA", f"{data} holds {said}", right)
        return Places(data, val, test)
    return Places(found["train"], val or found.get("val"), test or found.get("test"), left_out)


def _of_files(files: Sequence[Path], root: Path) -> tuple[dict[str, Where], tuple[Path, ...]]:
    """Sort packed files by split; the second are of none."""
    by_split: dict[str, list[Path]] = {}
    none = []
    for file in files:
        said = split_below(file, root)
        if len(said) > 1:
            names = " and ".join(sorted(said))
            right = "call it by one split, or name the files as DATA, --val and --test"
            raise RecipeError("DATA", f"{file} may be of the splits {names} by its name", right)
        for split in said:
            by_split.setdefault(split, []).append(file)
        if not said:
            none.append(file)
    return {split: tuple(mine) for split, mine in by_split.items()}, tuple(none)


def _of_folders(data: Path, given: set[str]) -> tuple[dict[str, Where], tuple[Path, ...]]:
    """Sort folders of classes by split, but for those that are given; the second are of none."""
    inside = data / "data"
    if inside.is_dir() and level_of(inside, "DATA").splits:
        data = inside
    if holds_images(data):
        return {}, ()
    level = level_of(data, "DATA")
    found: dict[str, Where] = {}
    for split, folder in level.splits:
        if split in found and split not in given:
            said = f"{_name(found[split])} and {folder.name} in {level.folder}"
            right = "name the folders as DATA, --val and --test"
            raise RecipeError("DATA", f"{said} are both called a {split} split", right)
        found[split] = folder
    return found, level.others


def _name(place: Where) -> str:
    return _listed(place) if isinstance(place, tuple) else place.name


def _listed(paths: Sequence[Path]) -> str:
    names = [path.name for path in paths]
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
