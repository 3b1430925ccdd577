"""Image files in folders: one for each class, or with their labels in a table beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from functools import partial

from synthset.formats.captions import read_caption, read_facts
from synthset.formats.class_lists import ClassList
from synthset.formats.columns import Columns
from synthset.formats.labels import sort_names
from synthset.formats.listed import Label, Listed, Vocabulary
from synthset.formats.manifest import EMPTY, UNLABELLED, UNLISTED, Passed
from synthset.formats.side_rows import SideRow
from synthset.formats.side_tables import SideTables
from synthset.formats.source_names import decode_name
from synthset.formats.tree import Tree, get_name, is_image
from synthset.store.remote import Remote

SILENT = SideRow()  # what is said of an image that no table names


def make_path(split: str, folder: str, name: str) -> str:
    """The path of an image within an export of class folders.

    >>> make_path("train", "cat", "a.jpg"), get_class_folder("train/cat/a.jpg")
    ('train/cat/a.jpg', 'cat')
    """
    return f"{split}/{folder}/{name}"


def get_class_folder(path: str) -> str:
    """The folder of an image's class, by its path within an export."""
    return path.split("/")[1]


def list_by_folder(
    tree: Tree,
    folders: Sequence[str],
    columns: Columns,
    classes: ClassList,
    tables: SideTables,
    passed: Passed,
) -> Iterator[Listed]:
    """List the images below each class folder, by path.

    Args:
        tree: the files.
        folders: one for each class; folders inside a class folder belong to that class. One
            without any file is a class without an image.
        columns: `caption` names what describes an image; None reads nothing of the kind.
        classes: the list beside them.
        tables: what tables beside them say.
        passed: gathers folders without an image, and odd entries.
    """
    holds = {folder: _holds_image(tree, folder, passed) for folder in folders}
    for folder in folders:
        if not holds[folder]:
            passed.add(EMPTY, tree.show(folder))
    labels = _labels(holds, classes)
    if classes and not any(label.vocabulary is classes.vocabulary for label in labels.values()):
        names = [decode_name(get_name(folder)) for folder in labels]
        strange = next((name for name in names if classes.find_by_folder(name) is None), "")
        said = f"has no class {strange!r}" if strange else "has the same class for several folders"
        passed.decided.append(f"{get_name(classes.file)} {said}, so the folders name the classes")
    for folder, label in labels.items():
        files = list(tree.list_below(folder, Passed()))
        yield from _images(tree, files, label, columns, tables, passed)


def read_vocabulary(tree: Tree, folders: Sequence[str], classes: ClassList) -> Vocabulary | None:
    """Name the classes that `list_by_folder` finds; None where no folder is one."""
    holds = {folder: _holds_image(tree, folder, Passed()) for folder in folders}
    labels = [*_labels(holds, classes).values()]
    return labels[0].vocabulary if labels else None


def _holds_image(tree: Tree, folder: str, passed: Passed) -> bool | None:
    """Whether an image lies below a folder; None where no file does."""
    there, found = False, False
    for path in tree.list_below(folder, passed):
        there, found = True, found or is_image(path)
    return found if there else None


def list_by_table(
    tree: Tree,
    folder: str,
    but: Sequence[str],
    columns: Columns,
    tables: SideTables,
    passed: Passed,
) -> Iterator[Listed]:
    """List the images below a folder that a table gives a label; others are passed over.

    Args:
        tree: the files.
        folder: below which they lie.
        but: folders below it that are left out.
        columns: as for `list_by_folder`.
        tables: what tables beside them say.
        passed: gathers the others.
    """
    elsewhere = tuple(f"{one}/" for one in but)
    files = [path for path in tree.list_below(folder, passed) if not path.startswith(elsewhere)]
    yield from _images(tree, files, None, columns, tables, passed)


def list_unlabelled(
    tree: Tree, columns: Columns, tables: SideTables, passed: Passed
) -> Iterator[Listed]:
    """List all images, whatever they are of, with all that stands beside each."""
    files = list(tree.list_below("", passed))
    yield from _images(tree, files, None, columns, tables, passed, labelled=False)


def _images(
    tree: Tree,
    files: Sequence[str],
    label: Label | None,
    columns: Columns,
    tables: SideTables,
    passed: Passed,
    labelled: bool = True,
) -> Iterator[Listed]:
    """List the images among some files; those without a label are passed over, or listed too."""
    there = frozenset(files if columns.caption is not None else ())
    for path in files:
        if not is_image(path):
            continue
        said = tables.find_row(path) or SILENT
        mine = said.label or label
        if mine is None and labelled:
            reason = UNLABELLED if tables.find_row(path) else UNLISTED
            passed.add(reason, tree.show(path), said.detail)
            continue
        caption, facts = None, said.facts
        if columns.caption is not None:
            beside = partial(_read_beside, tree, path, there, passed)
            caption = read_caption(beside, columns) or said.caption
            if not labelled:
                name = decode_name(get_name(path).rpartition(".")[0])
                facts = {"key": name, **facts, **read_facts(beside)}
        read = partial(_read, tree, path)
        yield Listed(tree.name_source(path), mine, caption, said.split, facts=facts, read=read)


def _read_beside(
    tree: Tree, image: str, there: Set[str], passed: Passed, ending: str
) -> bytes | None:
    """Read what stands beside an image, by its ending."""
    path = f"{image.rpartition('.')[0]}.{ending}"
    if path not in there:
        return None
    if (shown := tree.show(path)) not in passed.read[-2:]:
        passed.read.append(shown)
    return _read(tree, path)


def _read(tree: Tree, path: str) -> bytes | None:
    """Read a file; None where it can't be read. What lies afar may be had another time."""
    try:
        return tree.read(path)
    except OSError:
        if isinstance(tree.root, Remote):
            raise
        return None


def _labels(holds: Mapping[str, bool | None], classes: ClassList) -> dict[str, Label]:
    """The class of each folder with images, or without any file: of a list that knows all of them,
    or by name."""
    folders = [one for one in holds if holds[one] is not False]
    names = [decode_name(get_name(folder)) for folder in folders]
    listed = [classes.find_by_folder(name) for name in names]
    known = [one for one in listed if one is not None]
    if len(known) < len(names) or len({label.name for label in known}) < len(names):
        called = Vocabulary(tuple(sort_names(names)), said_by="folder names", ordered=False)
        known = [Label(name, vocabulary=called) for name in names]
    return dict(zip(folders, known, strict=True))
