"""What is this path? Turns a path or a URL into a layout: splits, classes, and images as rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from synthset.errors import RecipeError
from synthset.formats import arrays, class_folders, dataset, table, tar_shards, tars
from synthset.formats.class_lists import ClassList, find_class_list, read_class_list
from synthset.formats.columns import BESIDES, Columns
from synthset.formats.layout import Layout, Rows, Unit, pass_nothing_over
from synthset.formats.levels import refuse_split_folders
from synthset.formats.listed import Listed, Vocabulary
from synthset.formats.loose import Loose, list_splits, sweep
from synthset.formats.manifest import FORMAT, STRAY, UNREADABLE, Passed
from synthset.formats.packed_files import holds_arrays, list_packed
from synthset.formats.side_tables import SideTables, read_side_tables
from synthset.formats.source_names import decode_name, get_ending
from synthset.formats.split_names import find_splits, split_below
from synthset.formats.tree import Disk, Tree, is_image, open_tree
from synthset.formats.zips import ZipTree
from synthset.store.pool_index import is_dataset
from synthset.store.remote import Place

TABLES = ("parquet", "arrow")
LISTS = ("csv", "tsv", "jsonl", "json")
ARCHIVES = ("zip", *tars.ENDINGS)
KINDS = {
    **dict.fromkeys(tars.ENDINGS, "WebDataset shards"),
    "parquet": "Parquet files",
    "arrow": "Arrow files",
    "zip": "zip archives",
}
LABELS = {
    **dict.fromkeys(tars.ENDINGS, "the data beside each image"),
    "parquet": "the label column",
    "arrow": "the label column",
    "zip": "",
}


def resolve(root: Place, columns: Columns, where: str, labelled: bool = True) -> Layout:
    """Find out what a path is.

    Args:
        root: a folder, a packed file, a table of image files, an archive or a dataset.
        columns: of its tables, as far as they are named.
        where: place in the recipe, or option of the command, for messages.
        labelled: whether its images must have labels; else all images are listed, and folders are
            not taken for classes.

    Raises:
        RecipeError: it can be read in two ways, or its images can't be told to be of a class.
    """
    resolver = _Resolver(columns, where, labelled)
    if is_dataset(root):
        return Layout(root, "a dataset of synthset", (resolver.resolve_dataset(root),))
    if root.is_dir():
        return resolver.resolve_folder(open_tree(root))
    ending = get_ending(str(root))
    if ending in LISTS and isinstance(root, Path):
        return resolver.resolve_list(root)
    if ending in ARCHIVES or ending in TABLES:
        split = _split_of(find_splits(root.stem))
        return resolver.resolve_packed(root, [(root, split)], pass_nothing_over)
    shown = decode_name(str(root))
    return Layout(root, "no images", (Unit(shown, None, partial(_list_no_images, shown)),))


def _list_no_images(path: str, passed: Passed) -> Iterator[Listed]:
    passed.add(STRAY if is_image(path) else FORMAT, path)
    yield from ()


@dataclass(frozen=True)
class _Resolver:
    """What is asked of a path."""

    columns: Columns
    where: str
    labelled: bool

    def resolve_folder(self, tree: Tree) -> Layout:
        """A folder: what it holds packed, else its image files."""
        if holds_arrays(tree):
            return self.resolve_arrays(tree, Path(str(tree.root)))
        files = list_packed(tree)
        if not files:
            return self.resolve_loose(tree)
        places = [(place, self._split(tree.root, place)) for _, place in files]

        def leftover(passed: Passed) -> None:
            tree.sweep("", (), passed, [tree.show(path) for path, _ in files])

        return self.resolve_packed(tree.root, places, leftover)

    def resolve_arrays(self, tree: Tree, root: Path) -> Layout:
        """NumPy arrays, those of each split."""
        names, early = tree.list_files(""), Passed()
        classes = _class_list(tree, names, early, self.where)
        units = []
        for name in names:
            if (split := arrays.split_in(name)) is not None:
                rows = partial(arrays.find, root / name, classes, self.where)
                mine = _packed_rows(root / name, rows)
                units.append(
                    Unit(tree.show(name), split, mine, vocabulary=_by(classes), closed=True)
                )
        beside = [tree.show(name) for name in names if name.endswith((".npy", arrays.METADATA))]

        def leftover(passed: Passed) -> None:
            passed.extend(early)
            images = [unit.path for unit in units]
            passed.read.extend(name for name in beside if name not in images)
            tree.sweep("", (), passed, images)

        return Layout(root, "NumPy arrays", tuple(units), leftover=leftover)

    def _split(self, root: Place, file: Place) -> str | None:
        said = split_below(file, root)
        if len(said) > 1:
            names = " and ".join(sorted(said))
            found = f"by its name, {file} may belong to the splits {names}"
            right = "name the file after one split, or list the files of each split separately"
            raise RecipeError(self.where, found, right)
        return _split_of(said)

    def resolve_packed(
        self,
        root: Place,
        files: Sequence[tuple[Place, str | None]],
        leftover: Callable[[Passed], None],
    ) -> Layout:
        """Files that hold many images each."""
        units: list[Unit] = []
        kinds, said = Counter[str](), dict[str, None]()
        leftovers, tables = [leftover], list[str]()
        for place, split in files:
            ending = get_ending(str(place))
            tree = self._open_archive(place, ending)
            if tree is None:
                within = self._read_splits(place, ending) if split is None else frozenset[str]()
                units.append(self._make_packed_unit(place, split, ending, within))
                kinds[KINDS[ending]] += 1
                said[LABELS[ending]] = None
                continue
            inner = self.resolve_loose(tree)
            kinds[f"{inner.kind} in {'a zip archive' if ending == 'zip' else 'a tar file'}"] += 1
            leftovers.append(inner.leftover)
            tables += inner.tables
            said[inner.labels] = None
            units += (
                replace(unit, split=unit.split or split, rows=_packed_rows(place, unit.rows))
                for unit in inner.units
            )
        labels = " and ".join(filter(None, said))
        gather = _all_of(leftovers)
        kind = " and ".join(kinds)
        return Layout(
            *(root, kind, tuple(units)), labels=labels, leftover=gather, tables=tuple(tables)
        )

    def _open_archive(self, place: Place, ending: str) -> Tree | None:
        """An archive of image files; None where it is a shard or a table, or can't be read, which
        whoever lists it says."""
        try:
            if ending == "zip":
                return ZipTree(place)
            if not self.labelled:
                return None
            if ending in tars.ENDINGS and tar_shards.holds_class_folders(place):
                return tars.TarTree(place)
        except tars.FAULTS:
            pass
        return None

    def _read_splits(self, place: Place, ending: str) -> frozenset[str]:
        """The splits that a column of a table names."""
        if ending not in TABLES or not self.labelled:
            return frozenset()
        return table.list_splits(place, self.columns, self.where)

    def _make_packed_unit(
        self, place: Place, split: str | None, ending: str, within: frozenset[str]
    ) -> Unit:
        shown, mine = decode_name(str(place)), Passed()
        if ending == "zip":
            return Unit(shown, split, partial(_list_unreadable, place), within)
        listed: Callable[..., Iterator[Listed]]
        vocabulary: Callable[[], Vocabulary | None]
        if ending in TABLES:
            facts = () if self.labelled else BESIDES
            listed = partial(
                table.find, place, self.columns, self.where, labelled=self.labelled, facts=facts
            )
            vocabulary = partial(table.read_vocabulary, place, self.columns, self.where)
        else:
            near = (place.parent, place.parent.parent)
            folders = [one for one in near if isinstance(one, Path)]
            classes = find_class_list(folders, self.where, mine)
            listed = partial(tar_shards.find, place, self.columns, classes, labelled=self.labelled)
            vocabulary = _by(classes)
        beside = tuple(map(decode_name, mine.read))
        rows = _packed_rows(place, lambda passed: listed(passed=passed), beside)
        return Unit(shown, split, rows, within, vocabulary, closed=ending in TABLES)

    def resolve_dataset(self, root: Place) -> Unit:
        """The kept images of a dataset."""
        rows = partial(dataset.find, root, self.where)
        vocabulary = partial(dataset.read_vocabulary, root, self.where)
        return Unit(str(root), None, rows, vocabulary=vocabulary, closed=True)

    def resolve_list(self, path: Path) -> Layout:
        """A table that names image files."""
        tree = Disk(path.parent)
        early = Passed()
        names = list(tree.list_below("", Passed()))
        classes = _class_list(tree, names, early, self.where)
        names = [one for one in names if one == path.name or is_image(one)]
        tables = self._read_tables(tree, names, early, classes)
        if tables.undecided is not None and not tables.labelled and self.labelled:
            raise tables.undecided
        if not tables.labelled and self.labelled:
            fault = early.rows[0].detail if early.rows else "no column holds labels"
            found = f"{path} gives no image file a label ({fault})"
            right = "name a table with a column of file names and one of labels"
            raise RecipeError(self.where, found, right)

        def rows(passed: Passed) -> Iterator[Listed]:
            passed.extend(early)
            others = Passed()
            yield from class_folders.list_by_table(tree, "", (), self.columns, tables, others)
            passed.extend(Passed(list(tables.absent)).replace_paths(tree.show))

        split = _split_of(find_splits(path.stem))
        unit = Unit(str(path), split, rows, list_splits(tables), lambda: tables.vocabulary)
        kind = f"image files listed in {path.name}"
        return Layout(path, kind, (unit,), labels=tables.said_by, tables=tables.used)

    def resolve_loose(self, tree: Tree) -> Layout:
        """A tree of image files."""
        early = Passed()
        names = list(tree.list_below("", Passed()))
        classes = _class_list(tree, names, early, self.where)
        tables = self._read_tables(tree, names, early, classes)
        early.extend(Passed(list(tables.absent)).replace_paths(tree.show))
        if not self.labelled:
            refuse_split_folders(tree, self.where)

            def everything(passed: Passed) -> Iterator[Listed]:
                passed.extend(early)
                yield from class_folders.list_unlabelled(tree, self.columns, tables, passed)

            rows = partial(sweep, tree, "", everything, ())
            return Layout(tree.root, "image files", (Unit(tree.show(""), None, rows),))
        loose = Loose(self.columns, self.where, tree, tables, classes, early)
        return loose.label_by_table() if tables.labelled else loose.label_by_folder()

    def _read_tables(
        self, tree: Tree, names: Sequence[str], passed: Passed, classes: ClassList
    ) -> SideTables:
        """Read the tables beside image files, all of them among some files."""
        mine = Passed()
        tables = read_side_tables(names, tree.read, self.columns, self.where, mine, classes)
        passed.extend(mine.replace_paths(tree.show))
        return tables


def _by(classes: ClassList) -> Callable[[], Vocabulary | None]:
    """The classes of a list, where there is one."""
    return lambda: classes.vocabulary if classes else None


def _class_list(tree: Tree, names: Sequence[str], passed: Passed, where: str) -> ClassList:
    """The list of classes in a tree, else in the folder that it lies in."""
    mine = Passed()
    found = read_class_list(names, tree.read, mine, where)
    passed.extend(mine.replace_paths(tree.show))
    if found or not isinstance(tree, Disk):
        return found
    above = find_class_list([Path(str(tree.root.parent))], where)
    return found if found.fault and not above else above


def _packed_rows(place: Place, rows: Rows, beside: Sequence[str] = ()) -> Rows:
    """The same rows; the packed file itself was read, and perhaps a list of classes beside it."""

    def read(passed: Passed) -> Iterator[Listed]:
        passed.read += [decode_name(str(place)), *beside]
        yield from rows(passed)

    return read


def _all_of(leftovers: Sequence[Callable[[Passed], None]]) -> Callable[[Passed], None]:
    def gather(passed: Passed) -> None:
        for leftover in leftovers:
            leftover(passed)

    return gather


def _list_unreadable(place: Place, passed: Passed) -> Iterator[Listed]:
    try:
        ZipTree(place)
    except OSError as fault:
        passed.add(UNREADABLE, decode_name(str(place)), str(fault))
    yield from ()


def _split_of(said: frozenset[str]) -> str | None:
    """The only split of some; of several the one that must not be trained on."""
    return next((split for split in ("test", "val", "train") if split in said), None)
