"""Labels and captions that stand in a table beside image files.

Read are the metadata of Hugging Face's image folders, which our own exports have; sheets with a
column of image names (Kaggle); the lists of two challenges; and `part-*.json` (DiffusionDB).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from posixpath import splitext
from typing import Any

from synthset.errors import RecipeError
from synthset.formats.challenges import (
    ANNOTATIONS,
    SOLUTION,
    find_solution_column,
    read_annotations,
    read_solution_label,
)
from synthset.formats.class_lists import WNID, ClassList, read_class_list
from synthset.formats.columns import (
    Columns,
    TableColumns,
    explain_missing,
    find_column,
    find_columns,
    is_given,
)
from synthset.formats.diffusiondb import PARTS, PROMPT
from synthset.formats.files_below import is_hidden
from synthset.formats.image_names import ImageNames
from synthset.formats.label_sheets import (
    SUBMISSION,
    find_lone_label,
    rank_naming_columns,
    show_columns,
)
from synthset.formats.listed import Label, Vocabulary
from synthset.formats.manifest import ABSENT, OTHER, UNREADABLE, Passed, PassedOver
from synthset.formats.metadata_tables import METADATA, find_file_columns
from synthset.formats.rows import (
    LINES,
    SHEETS,
    ReadTable,
    decode_text,
    read_rows,
    read_without_heading,
)
from synthset.formats.side_rows import SideRow, collect_lists, fill, is_same_list, settle
from synthset.formats.split_names import find_splits


@dataclass(frozen=True, slots=True)
class SideTables:
    """What the tables below a root say of the images there.

    Attributes:
        rows: by path of the image.
        used: the files that were read as tables.
        vocabulary: the classes, where the tables list them, and all list the same.
        said_by: where the labels are from, in words; empty where there are none.
        undecided: why a table gives no label, though it may have one; to be raised where nothing
            else says what the images are of.
        absent: rows whose image is not there.
    """

    rows: Mapping[str, SideRow] = field(default_factory=dict)
    used: tuple[str, ...] = ()
    vocabulary: Vocabulary | None = None
    said_by: str = ""
    undecided: RecipeError | None = None
    absent: tuple[PassedOver, ...] = ()

    def find_row(self, path: str) -> SideRow | None:
        """What is said of an image, by its path below the root."""
        return self.rows.get(path)

    @property
    def labelled(self) -> bool:
        """Whether some image has its label from a table."""
        return any(row.label for row in self.rows.values())

    @property
    def captioned(self) -> bool:
        """Whether some image has its caption from a table."""
        return any(row.caption for row in self.rows.values())


@dataclass(frozen=True, slots=True)
class _Table:
    """One table that was read.

    Attributes:
        name: its path.
        found: its columns.
        rows: what it says of each image.
        absent: names of images that are not there, and why.
        undecided: why it gives no label.
    """

    name: str
    found: TableColumns
    rows: Mapping[str, SideRow]
    absent: Mapping[str, str]
    undecided: RecipeError | None

    @property
    def folder(self) -> str:
        return _folder(self.name)


def read_side_tables(
    names: Sequence[str],
    read: Callable[[str], bytes],
    columns: Columns,
    where: str,
    passed: Passed,
    classes: ClassList | None = None,
) -> SideTables:
    """Read the tables that stand beside images.

    Of several tables that speak of an image the nearest to it counts; what that leaves open the
    next one says.

    Args:
        names: paths of all files below a root, from there on.
        read: gives the bytes of one; it may raise OSError.
        columns: names that were given.
        where: place in the recipe, for messages.
        passed: what is passed over: tables of something else, and unreadable ones; and what was
            decided of the others.
        classes: the list beside the images that says what numbers, wnids and names mean; None
            looks for it.

    Raises:
        RecipeError: labels are numbers that a broken list of classes would name.
    """
    files = sorted(filter(_is_table, names), key=_rank)
    images = ImageNames(names if files else ())
    if not images.images:
        return SideTables()
    tables = list[_Table]()
    for name in files:
        try:
            table = _read(name, read(name), columns, images, where)
        except OSError as fault:
            passed.add(UNREADABLE, name, fault.strerror or str(fault))
        except ValueError as fault:
            passed.add(UNREADABLE, name, str(fault))
        else:
            if isinstance(table, str):
                passed.add(OTHER, name, table)
            else:
                tables.append(table)
    passed.read += [table.name for table in tables]
    passed.decided += [note for table in tables for note in table.found.notes]
    if classes is None:
        classes = read_class_list(names, read, Passed(), where)
    return _merge(tables, classes)


def _is_table(name: str) -> bool:
    file = name.rpartition("/")[2].lower()
    stem, kind = splitext(file)
    is_known = (
        kind in (*SHEETS, *LINES)
        or file in (*METADATA, ANNOTATIONS)
        or (kind == ".json" and PARTS.fullmatch(stem) is not None)
    )
    return is_known and not any(map(is_hidden, PurePosixPath(name).parts))


def _rank(name: str) -> tuple[int, str, int, str]:
    """The deepest come first, in one folder metadata before others."""
    path = PurePosixPath(name)
    file = path.name.lower()
    order = METADATA.index(file) if file in METADATA else len(METADATA)
    return -len(path.parts), _folder(name), order, name


@dataclass(frozen=True, slots=True)
class _Named:
    """A table and the images that its rows name.

    Attributes:
        name: its path.
        rows: of it.
        splits: of each row, where it or the table's name says one.
        images: of each row.
        absent: names of images that are not there, and why.
    """

    name: str
    rows: ReadTable
    splits: Sequence[str | None]
    images: Sequence[Sequence[str]] = ()
    absent: Mapping[str, str] = field(default_factory=dict)

    @property
    def each(self) -> Iterator[tuple[str, int]]:
        """Every image with its row's number."""
        return ((path, number) for number, paths in enumerate(self.images) for path in paths)


def _read(name: str, data: bytes, columns: Columns, images: ImageNames, where: str) -> _Table | str:
    """Read one table, or say in words why it is none.

    Raises:
        ValueError: it is broken; with the fault.
    """
    path = PurePosixPath(name)
    if SUBMISSION in path.stem.lower():
        return "it is an example of a submission, with made-up labels"
    if path.name.lower() == ANNOTATIONS:
        rows = read_annotations(decode_text(data))
    else:
        rows = read_rows(name, data)
    if not rows.records:
        return "it has no rows"
    table = _find_images(_Named(name, rows, _splits(name, rows, where)), columns, images)
    if not any(table.images):
        heading = next(
            (one for one in rows.schema.names if images.find_called(_folder(name), one)), ""
        )
        if (bare := read_without_heading(rows, heading)) is not None:
            table = _find_images(
                replace(table, rows=bare, splits=_splits(name, bare, where)), columns, images
            )
            found, _ = _columns(table, columns, where)
            if found.label:
                return _Table(name, found, _rows_of(table, found), table.absent, None)
        said = (
            f"its first line already names an image ({heading}); write a heading such as "
            "file_name,label"
        )
        return said if heading else "no column names images that exist"
    found, undecided = _columns(table, columns, where)
    if not (found.label or found.caption or undecided or any(table.splits)):
        return f"no column clearly holds labels or captions; it has {show_columns(rows)}"
    return _Table(name, found, _rows_of(table, found), table.absent, undecided)


def _splits(name: str, rows: ReadTable, where: str) -> list[str | None]:
    """The split of each row: as a column says, else the name of the table."""
    column = find_columns(rows.schema, Columns(), name, where).split
    mine = _get_single(find_splits(PurePosixPath(name).stem))
    said = (find_splits(str(row.get(column))) if column else () for row in rows.records)
    return [_get_single(one) or mine for one in said]


def _get_single(splits: Collection[str]) -> str | None:
    return next(iter(splits)) if len(splits) == 1 else None


def _find_images(table: _Named, columns: Columns, images: ImageNames) -> _Named:
    """Find the images that each row names, and those that it names though they are not there."""
    folder, names = _folder(table.name), [*table.rows.schema.names]
    given = find_column(names, columns.image) if columns.image else None
    exact = find_file_columns(names, given)
    if exact:
        there = _look_up(table, exact, lambda cell, _: images.find_at(folder, cell))
        if any(there.images) or PurePosixPath(table.name).name.lower() in METADATA:
            return there

    def near(cell: str, row: int) -> Sequence[str]:
        return images.find_called(folder, cell, table.splits[row])

    tried = exact or ([given] if given else rank_naming_columns(names))
    found = [_look_up(table, [column], near) for column in tried]
    return max(found, key=lambda one: sum(map(bool, one.images)), default=table)


def _look_up(
    table: _Named, columns: Sequence[str], look: Callable[[str, int], Sequence[str]]
) -> _Named:
    cells, absent = list[tuple[str, ...]](), dict[str, str]()
    for number, row in enumerate(table.rows.records):
        there = list[str]()
        for column in columns:
            cell = row.get(column)
            said = "" if cell is None else str(cell)
            found = look(said, number) if said.strip() else ()
            if len(found) == 1:
                there += found
            elif said.strip():
                absent[said] = f"it may be {' or '.join(sorted(found)[:2])}" if found else ""
        cells.append(tuple(there))
    return replace(table, images=cells, absent=absent)


def _columns(
    table: _Named, columns: Columns, where: str
) -> tuple[TableColumns, RecipeError | None]:
    """The columns of a table, and why it gives no label, where it may have one."""
    name, schema = table.name, table.rows.schema
    undecided: RecipeError | None = None
    found = find_columns(schema, Columns(), name, where)
    if is_given(columns.label, "label"):
        try:
            found = find_columns(schema, Columns(label=columns.label), name, where)
        except RecipeError as fault:
            found, undecided = replace(found, label=None, vocabulary=None), fault
    elif found.rivals:
        undecided = explain_missing(schema, "label", found, name, where)
    elif found.label is None:
        there = {path for path, _ in table.each}
        found, undecided = find_lone_label(name, table.rows, found, there, where)
    caption = found.caption
    if is_given(columns.caption, "caption"):
        caption = find_column(schema.names, str(columns.caption))
    elif caption is None:
        caption = find_column(schema.names, PROMPT)
    if (solution := find_solution_column(schema)) is not None:
        found, undecided = replace(found, label=solution, wnid=solution), None
    return replace(found, caption=caption), undecided


def _rows_of(table: _Named, found: TableColumns) -> dict[str, SideRow]:
    """What a table says of each image; a label that it contradicts is none."""
    said, name = dict[str, SideRow](), table.name
    for path, number in table.each:
        row = table.rows.records[number]
        label, detail = _label(found, row, name, number)
        words = row.get(found.caption) if found.caption else None
        caption = words.strip() if isinstance(words, str) else None
        one = SideRow(label, caption or None, table.splits[number], row, detail)
        known = said.get(path)
        said[path] = one if known is None else fill(known, one, name, name)
    return said


def _label(
    found: TableColumns, row: Mapping[str, Any], name: str, number: int
) -> tuple[Label | None, str]:
    """The label of a row, and why there is none."""
    if found.label is None:
        return None, ""
    if found.label.casefold() == SOLUTION:
        return read_solution_label(row[found.label]), ""
    try:
        label = found.read_label(row)
    except ValueError as fault:
        return None, f"{name}, row {number}: {fault}"
    if label is None:
        return None, f"{name} gives it the label {row.get(found.label)!r}"
    if label.wnid is None and WNID.fullmatch(label.name):
        return replace(label, wnid=label.name), ""
    return label, ""


def _merge(tables: Sequence[_Table], classes: ClassList) -> SideTables:
    rows, first = dict[str, SideRow](), dict[str, str]()
    for table in tables:
        same = bool(classes) and is_same_list(table.found.vocabulary, classes)
        for path, said in table.rows.items():
            row = replace(said, label=settle(said.label, classes, same))
            known = rows.get(path)
            before = first.setdefault(path, table.name)
            rows[path] = row if known is None else fill(known, row, before, table.name)
    lists = collect_lists(rows.values())
    for path, row in rows.items():
        if row.label and row.label.vocabulary:
            label = replace(row.label, vocabulary=lists[id(row.label.vocabulary)])
            rows[path] = replace(row, label=label)
    return SideTables(
        rows,
        tuple(table.name for table in tables),
        next(iter(lists.values())) if len({one.names for one in lists.values()}) == 1 else None,
        _name_tables([table for table in tables if any(row.label for row in table.rows.values())]),
        next((table.undecided for table in tables if table.undecided), None),
        tuple(_list_absent(tables)),
    )


def _name_tables(tables: Sequence[_Table]) -> str:
    if not tables:
        return ""
    first = f"column {tables[0].found.label!r} of {tables[0].name}"
    return first + (f" and {len(tables) - 1:,} more" if len(tables) > 1 else "")


def _list_absent(tables: Sequence[_Table]) -> Iterable[PassedOver]:
    told = set[str]()
    for table in tables:
        for cell, detail in table.absent.items():
            path = f"{table.folder}/{cell}" if table.folder else cell
            if path not in told:
                told.add(path)
                yield PassedOver(path, ABSENT, detail or f"listed in {table.name}")


def _folder(name: str) -> str:
    return name.rpartition("/")[0]
