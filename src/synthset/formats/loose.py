"""Image files of a tree: which lie in class folders, which are named by a table beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from synthset.errors import RecipeError
from synthset.formats import class_folders
from synthset.formats.class_lists import ClassList
from synthset.formats.columns import Columns
from synthset.formats.layout import Layout, Rows, Unit
from synthset.formats.levels import Level, find_level, split_folders
from synthset.formats.listed import Listed
from synthset.formats.manifest import Passed
from synthset.formats.side_tables import SideTables
from synthset.formats.split_names import is_idle
from synthset.formats.tree import Tree, get_name, is_image

SHOWN = 5  # tables that are named


@dataclass(frozen=True)
class Loose:
    """Image files of a tree, with what stands beside them."""

    columns: Columns
    where: str
    tree: Tree
    tables: SideTables
    classes: ClassList
    early: Passed

    def label_by_folder(self) -> Layout:
        """Images whose class is the folder that they lie in."""
        tree, level = self.tree, self._level()
        if not level.splits:
            bare = level.folder if not level.classes else self._find_nameless(level.classes)
            if bare is not None and tree.holds_images(bare):
                if self.tables.undecided is not None:
                    raise self.tables.undecided
                said = "".join(f"; {note}" for note in self.early.notes())
                found = f"the images are directly in {tree.show(bare)}{said}"
                right = "put them into one folder for each class, or name the folder above"
                raise RecipeError(self.where, found, right)
            if (fault := self.tables.undecided) is not None:
                self.early.decided.append(
                    f"{fault.problems[0].found}: the folders name the classes"
                )
            unit = self._make_class_unit(level.folder, None, level.folder, level.classes)
            return self._layout("class folders", (unit,))
        units = tuple(self._split(folder, split) for split, folder in level.splits)
        return self._layout("class folders", units, level.others)

    def _find_nameless(self, classes: Sequence[str]) -> str | None:
        """The only folder, where it is called `images`, say, beside a table that gives no label."""
        tried = self.early.rows or self.tables.undecided
        alone = classes[0] if len(classes) == 1 and tried else None
        return alone if alone is not None and is_idle(get_name(alone)) else None

    def label_by_table(self) -> Layout:
        """Images whose class stands in a table; those of splits that it doesn't list may still lie
        in class folders."""
        try:
            splits = self._level().splits
        except RecipeError:
            splits = tuple((split, folder) for folder, split in split_folders(self.tree).items())
        units = [self._split(folder, split) for split, folder in splits]
        folders = [folder for _, folder in splits]
        if not splits or self._lists("", folders):
            units.append(
                replace(self._make_listed_unit("", None, folders), within=list_splits(self.tables))
            )
        return self._layout("image files", tuple(units), labels=self.tables.said_by)

    def _level(self) -> Level:
        tree = self.tree
        if "data" in tree.list_folders("") and not tree.holds_images(""):
            inside = find_level(tree, self.where, "data")
            if inside.splits:
                return inside
        return find_level(tree, self.where)

    def _split(self, folder: str, split: str) -> Unit:
        """Images of a split: by the table where it lists any, else by folders."""
        if self._lists(folder):
            return self._make_listed_unit(folder, split)
        if self.tables.labelled and not self.tree.list_folders(folder):
            return self._make_listed_unit(folder, split)  # as unlabelled ones
        inner = find_level(self.tree, self.where, folder)
        if self.tables.labelled and len(inner.classes) == 1 and is_idle(get_name(inner.classes[0])):
            return self._make_listed_unit(folder, split)  # `images`, say, is the name of no class
        if inner.splits or not inner.classes:
            found = f"the split {self.tree.show(folder)} contains no class folders"
            raise RecipeError(self.where, found, "put its images into one folder for each class")
        return self._make_class_unit(folder, split, inner.folder, inner.classes)

    def _lists(self, folder: str, but: Sequence[str] = ()) -> bool:
        """Whether a table gives a label to an image below a folder."""
        return any(
            (said := self.tables.find_row(path)) is not None and said.label is not None
            for path in self.tree.list_below(folder, Passed())
            if is_image(path) and not _is_below(path, but)
        )

    def _make_class_unit(
        self, place: str, split: str | None, folder: str, classes: Sequence[str]
    ) -> Unit:
        def rows(passed: Passed) -> Iterator[Listed]:
            yield from class_folders.list_by_folder(
                self.tree, classes, self.columns, self.classes, self.tables, passed
            )

        vocabulary = partial(class_folders.read_vocabulary, self.tree, classes, self.classes)
        return Unit(
            *(self.tree.show(place), split, self._sweep(folder, rows)),
            vocabulary=vocabulary,
            closed=not self.tables.labelled,
        )

    def _make_listed_unit(self, folder: str, split: str | None, but: Sequence[str] = ()) -> Unit:
        def rows(passed: Passed) -> Iterator[Listed]:
            yield from class_folders.list_by_table(
                self.tree, folder, but, self.columns, self.tables, passed
            )

        swept, tables = self._sweep(folder, rows, but), self.tables
        return Unit(self.tree.show(folder), split, swept, vocabulary=lambda: tables.vocabulary)

    def _sweep(self, folder: str, rows: Rows, but: Sequence[str] = ()) -> Rows:
        """The same rows, and in the end what else lies there."""

        elsewhere = [*map(self.tree.show, but), *_paths(self.early)]
        return partial(sweep, self.tree, folder, rows, elsewhere)

    def _layout(
        self, kind: str, units: tuple[Unit, ...], others: Sequence[str] = (), labels: str = ""
    ) -> Layout:
        folders = [unit.path for unit in units]
        tables = self.tables.used
        beside = ", ".join(tables[:SHOWN]) + (", …" if len(tables) > SHOWN else "")
        kind += f" with {beside}" if tables else ""

        def leftover(passed: Passed) -> None:
            passed.extend(self.early)
            self.tree.sweep("", (), passed, folders)

        return Layout(self.tree.root, kind, units, tuple(others), True, labels, leftover, tables)


def sweep(
    tree: Tree, folder: str, rows: Rows, but: Sequence[str], passed: Passed
) -> Iterator[Listed]:
    """The same rows, and in the end what else lies there."""
    seen = set()
    for row in rows(passed):
        seen.add(row.source)
        yield row
    tree.sweep(folder, seen, passed, but)


def _paths(passed: Passed) -> list[str]:
    return [*passed.read, *(row.path for row in passed.rows)]


def _is_below(path: str, folders: Sequence[str]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)


def list_splits(tables: SideTables) -> frozenset[str]:
    return frozenset(row.split for row in tables.rows.values() if row.split)
