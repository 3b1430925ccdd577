"""Finds the splits of a data set: what trains, what validates, what tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from synthset.errors import RecipeError
from synthset.formats.columns import Columns
from synthset.formats.layout import Layout, Unit, pass_nothing_over
from synthset.formats.scan import resolve_path
from synthset.formats.tree import get_name
from synthset.recipe.paths import FolderPath
from synthset.store.remote import Place

SHOWN = 3  # files that a message lists
UNNAMED = Columns()


@dataclass(frozen=True)
class SplitImages:
    """The images of a split.

    Attributes:
        layout: that they belong to.
        units: of it.
        path: what names them; its `split` is set where rows tell their splits.
    """

    layout: Layout
    units: tuple[Unit, ...]
    path: FolderPath


@dataclass(frozen=True)
class Places:
    """Where the images lie; None where there are none apart.

    Attributes:
        train: images to train on.
        val: images that choose the weights; None splits them off.
        test: images that are asked once, at the end; None leaves the figures to validation.
        left_out: what lies beside the splits and is of none.
    """

    train: SplitImages
    val: SplitImages | None = None
    test: SplitImages | None = None
    left_out: tuple[str, ...] = ()


def find_places(
    data: Place, val: Place | None = None, test: Place | None = None, columns: Columns = UNNAMED
) -> Places:
    """Look for splits in what a path holds, as exports and Hugging Face data sets have them.

    Args:
        data: a path with images.
        val, test: given apart; they come before what lies in `data`.
        columns: names of the columns of tables, as far as they are given.

    Raises:
        RecipeError: the names can be read in two ways.
    """
    layout = resolve_path(str(data), columns, "DATA")
    given = {
        name: _whole(resolve_path(str(place), columns, f"--{name}"), place, columns)
        for name, place in (("val", val), ("test", test))
        if place is not None
    }
    found, left_out = _split_layout(layout, data, columns, frozenset(given))
    rest = replace(layout, leftover=pass_nothing_over)  # said once, with what trains
    found = {s: part if s == "train" else replace(part, layout=rest) for s, part in found.items()}
    return Places(
        found.get("train", _whole(layout, data, columns)),
        **{name: given.get(name, found.get(name)) for name in ("val", "test")},
        left_out=left_out if "train" in found else (),
    )


def _split_layout(
    layout: Layout, data: Place, columns: Columns, given: frozenset[str]
) -> tuple[dict[str, SplitImages], tuple[str, ...]]:
    """Sort the units of a layout by split; the second are of none."""
    by_split: dict[str, list[Unit]] = {}
    for unit in layout.units:
        if unit.split:
            by_split.setdefault(unit.split, []).append(unit)
    none = [unit.path for unit in layout.units if not unit.split]
    within = frozenset[str]().union(*(unit.within for unit in layout.units if not unit.split))
    if not by_split and within:
        return {s: SplitImages(layout, layout.units, _path(data, columns, s)) for s in within}, ()
    if by_split and "train" not in by_split:
        named = [
            unit.path for split, units in by_split.items() if split not in given for unit in units
        ]
        others = [*none, *layout.others]
        if named and others:
            said = f"{_list_paths(named)} and {_list_paths(others)}, none of which is called train"
            right = "name the training images as DATA, the others as --val and --test"
            raise RecipeError("DATA", f"{data} contains {said}", right)
        return {}, ()
    for split, units in by_split.items():
        _refuse_twice(layout, split, units, given)
    found = {
        split: SplitImages(layout, tuple(units), _path(data, columns))
        for split, units in by_split.items()
    }
    return found, (*none, *layout.others)


def _refuse_twice(layout: Layout, split: str, units: Sequence[Unit], given: frozenset[str]) -> None:
    """Two folders of one split may be the same images twice, or a split in another's clothes."""
    if layout.folders and len(units) > 1 and split not in given:
        said = f"{_list_paths([unit.path for unit in units])} in {layout.root}"
        right = "name the folders as DATA, --val and --test"
        raise RecipeError("DATA", f"{said} both have the name of a {split} split", right)


def _whole(layout: Layout, place: Place, columns: Columns) -> SplitImages:
    return SplitImages(layout, layout.units, _path(place, columns))


def _path(place: Place, columns: Columns, split: str | None = None) -> FolderPath:
    named = {"image_column": columns.image, "label_column": columns.label}
    set_ones = {name: value for name, value in named.items() if value is not None}
    return FolderPath.model_validate({"path": str(place), "split": split, **set_ones})


def _list_paths(paths: Sequence[str]) -> str:
    names = [get_name(path) for path in paths]
    return (
        " and ".join(names)
        if len(names) == 2
        else ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    )
