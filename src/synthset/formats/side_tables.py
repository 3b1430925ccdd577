"""Labels and captions that stand in a table beside image files.

Read are the metadata of Hugging Face's image folders, which our own exports have; a CSV with a
column of image names (Kaggle); `val_annotations.txt` (Tiny-ImageNet); `LOC_val_solution.csv`
(ImageNet); and `part-*.json` (DiffusionDB).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa

from synthset.errors import RecipeError
from synthset.formats.class_lists import ClassList, read_class_list
from synthset.formats.columns import Columns, Found, column_of, find_columns, is_given, missing
from synthset.formats.files_below import is_hidden
from synthset.formats.image_names import ImageNames
from synthset.formats.listed import Label, Vocabulary
from synthset.formats.manifest import ABSENT, OTHER, UNREADABLE, Passed, PassedOver
from synthset.formats.rows import LINES, SHEETS, Rows, read_rows, text_of_bytes
from synthset.formats.split_names import splits_in

METADATA = ("metadata.parquet", "metadata.jsonl", "metadata.csv", "metadata.tsv", "metadata.json")
CAPTIONS = re.compile(r"part-.*|captions|prompts", re.IGNORECASE)  # JSON that describes images
ANNOTATIONS = "val_annotations.txt"
SOLUTION = "predictionstring"  # ImageNet's: a wnid and a box for each object
SUBMISSION = "submission"  # Kaggle's example of an answer, whose labels are made up
FILE = "file_name"
FILES = (
    *("filename", "file", "image", "img", "image_name", "image_path", "image_id", "imageid"),
    *("path", "filepath", "file_path", "img_path", "fname", "picture", "photo", "id", "name"),
)
#: Columns that are never taken for labels for standing alone beside the images' names.
OTHERS = (*FILES, "url", "width", "height", "size", "seed", "license", "source", "author", "date")
PROMPT = "p"  # DiffusionDB's
WNID = re.compile(r"n\d{8}")
APART = re.compile(r" \([^()]*\)$")
ONES = ("0", "1", "0.0", "1.0")


@dataclass(frozen=True, slots=True)
class SideRow:
    """What a table says of one image.

    Attributes:
        label: what it is of; None where the table doesn't say.
        caption: its words.
        split: `train`, `val` or `test`, where a column or the name of the table says so.
        facts: the row, by column.
        detail: why there is no label, where the table has one that can't be used.
    """

    label: Label | None = None
    caption: str | None = None
    split: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    detail: str = ""

    @property
    def name(self) -> str:
        """Name of its class; empty where it has none."""
        return self.label.name if self.label else ""


@dataclass(frozen=True, slots=True)
class SideTables:
    """What the tables below a root say of the images there.

    Attributes:
        rows: by path of the image.
        used: the files that were read as tables.
        vocabulary: the classes, where the tables list them, and all list the same.
        said_by: where the labels are from, in words; empty where there are none.
        notes: what was decided that a user should know, in sentences.
        undecided: why a table gives no label, though it may have one; to be raised where nothing
            else says what the images are of.
        absent: rows whose image is not there.
    """

    rows: Mapping[str, SideRow] = field(default_factory=dict)
    used: tuple[str, ...] = ()
    vocabulary: Vocabulary | None = None
    said_by: str = ""
    notes: tuple[str, ...] = ()
    undecided: RecipeError | None = None
    absent: tuple[PassedOver, ...] = ()

    def of(self, path: str) -> SideRow | None:
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
    found: Found
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
        passed: what is passed over: tables of something else, and unreadable ones.
        classes: the list beside the images that says what numbers, wnids and names mean; None
            looks for it.

    Raises:
        RecipeError: labels are numbers that a broken list of classes would name.
    """
    images = ImageNames(names)
    if not images.images:
        return SideTables()
    tables = list[_Table]()
    for name in sorted(filter(_is_table, names), key=_rank):
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
    if classes is None:
        classes = read_class_list(names, read, Passed(), where)
    return _merged(tables, classes)


def _is_table(name: str) -> bool:
    path = PurePosixPath(name)
    if any(map(is_hidden, path.parts)):
        return False
    file, kind = path.name.lower(), path.suffix.lower()
    if kind in (*SHEETS, *LINES) or file in (*METADATA, ANNOTATIONS):
        return True
    return kind == ".json" and CAPTIONS.fullmatch(path.stem) is not None


def _rank(name: str) -> tuple[int, str, int, str]:
    """The deepest come first, in one folder metadata before others."""
    path = PurePosixPath(name)
    file = path.name.lower()
    order = METADATA.index(file) if file in METADATA else len(METADATA)
    return -len(path.parts), _folder(name), order, name


def _read(name: str, data: bytes, columns: Columns, images: ImageNames, where: str) -> _Table | str:
    """Read one table, or say in words why it is none.

    Raises:
        ValueError: it is broken; with the fault.
    """
    path = PurePosixPath(name)
    if SUBMISSION in path.stem.lower():
        return "an example of a submission, whose labels are made up"
    if path.name.lower() == ANNOTATIONS:
        rows = _annotations(text_of_bytes(data))
    else:
        rows = read_rows(name, data)
    if not rows.records:
        return "it has no rows"
    splits = _splits(name, rows, where)
    cells, absent = _images_of(name, rows, columns, images, splits)
    if not any(cells):
        heading = next((one for one in rows.schema.names if images.called(_folder(name), one)), "")
        said = f"its first line names the image {heading}; write a heading such as file_name,label"
        return said if heading else "no column names images that are there"
    found, undecided = _columns(name, rows, columns, cells, where)
    if not (found.label or found.caption or undecided or any(splits)):
        return f"no column is known to hold labels or captions; it has {_listed(rows)}"
    return _Table(name, found, _rows_of(name, rows, found, cells, splits), absent, undecided)


def _splits(name: str, rows: Rows, where: str) -> list[str | None]:
    """The split of each row: as a column says, else the name of the table."""
    column = find_columns(rows.schema, Columns(), name, where).split
    mine = _single(splits_in(PurePosixPath(name).stem))
    said = (splits_in(str(row.get(column))) if column else () for row in rows.records)
    return [_single(one) or mine for one in said]


def _single(splits: Collection[str]) -> str | None:
    return next(iter(splits)) if len(splits) == 1 else None


def _annotations(text: str) -> Rows:
    """Tiny-ImageNet's: image, wnid and a box, parted by tabs, without a heading."""
    lines = [line.split("\t") for line in text.splitlines() if line.strip()]
    records = [
        {FILE: f"images/{cells[0]}", "wnid": cells[1].strip()} for cells in lines if len(cells) > 1
    ]
    return Rows(pa.schema({FILE: pa.string(), "wnid": pa.string()}), records)


def _images_of(
    name: str, rows: Rows, columns: Columns, images: ImageNames, splits: Sequence[str | None]
) -> tuple[list[tuple[str, ...]], dict[str, str]]:
    """The images that each row names, and those that it names though they are not there."""
    folder, texts = _folder(name), [*rows.schema.names]
    given = column_of(texts, columns.image) if columns.image else None
    files = [one for one in texts if one.casefold().endswith(FILE)]
    exact = files if given is None else [given] if given in files else []
    if exact:
        main = [one for one in exact if one.casefold() in (FILE, f"image_{FILE}")]
        return _looked_up(rows, main or exact, lambda cell, _: images.at(folder, cell))

    def near(cell: str, row: int) -> Sequence[str]:
        return images.called(folder, cell, splits[row])

    known = {one.casefold(): one for one in reversed(texts)}
    tried = [given] if given else [known[one] for one in FILES if one in known]
    best: tuple[list[tuple[str, ...]], dict[str, str]] = ([], {})
    for column in tried:
        found = _looked_up(rows, [column], near)
        if sum(map(bool, found[0])) > sum(map(bool, best[0])):
            best = found
    return best


def _looked_up(
    rows: Rows,
    columns: Sequence[str],
    look: Callable[[str, int], Sequence[str]],
) -> tuple[list[tuple[str, ...]], dict[str, str]]:
    cells, absent = list[tuple[str, ...]](), dict[str, str]()
    for number, row in enumerate(rows.records):
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
    return cells, absent


def _columns(
    name: str,
    rows: Rows,
    columns: Columns,
    cells: Sequence[Sequence[str]],
    where: str,
) -> tuple[Found, RecipeError | None]:
    """The columns of a table, and why it gives no label, where it may have one."""
    schema = rows.schema
    undecided: RecipeError | None = None
    found = find_columns(schema, Columns(), name, where)
    if is_given(columns.label, "label"):
        try:
            found = find_columns(schema, Columns(label=columns.label), name, where)
        except RecipeError as fault:
            found, undecided = replace(found, label=None, vocabulary=None), fault
    elif found.rivals:
        undecided = missing(schema, "label", found, name, where)
    elif found.label is None:
        found, undecided = _lone_label(name, rows, found, cells, where)
    caption = found.caption
    if is_given(columns.caption, "caption"):
        caption = column_of(schema.names, str(columns.caption))
    elif caption is None:
        caption = column_of(schema.names, PROMPT)
    if _is_solution(schema):
        solution = next(one for one in schema.names if one.casefold() == SOLUTION)
        found, undecided = replace(found, label=solution, wnid=solution), None
    return replace(found, caption=caption), undecided


def _is_solution(schema: pa.Schema) -> bool:
    return {SOLUTION, "imageid"} <= {name.casefold() for name in schema.names}


def _lone_label(
    name: str, rows: Rows, found: Found, cells: Sequence[Sequence[str]], where: str
) -> tuple[Found, RecipeError | None]:
    """A column beside the images' names alone, whose values come again, says what they are of."""
    there = {path for row in cells for path in row}
    taken = {found.caption, found.split, found.key, FILE, ""}
    rest = [one for one in rows.schema.names if one not in taken and one.casefold() not in OTHERS]
    values = {one: {str(row.get(one)) for row in rows.records} for one in rest}
    if len(rest) > 1 and all(value <= {*ONES} for value in values.values()):
        said = f"{name} has a column of 0 and 1 for each class ({_listed(rows)})"
        right = "write one column `label` with the name of the class"
        return found, RecipeError(where, said, right)
    lone = rest[0] if len(rest) == 1 and found.caption is None else None
    if lone is not None and 1 < len(values[lone]) <= len(there) / 2:
        return replace(found, label=lone), None
    return found, None


def _rows_of(
    name: str,
    rows: Rows,
    found: Found,
    cells: Sequence[Sequence[str]],
    splits: Sequence[str | None],
) -> dict[str, SideRow]:
    """What a table says of each image; a label that it contradicts is none."""
    said = dict[str, SideRow]()
    for path, number in _each(cells):
        row = rows.records[number]
        label, detail = _label(found, row, name, number)
        words = row.get(found.caption) if found.caption else None
        caption = words.strip() if isinstance(words, str) else None
        one = SideRow(label, caption or None, splits[number], row, detail)
        known = said.get(path)
        said[path] = one if known is None else _filled(known, one, name, name)
    return said


def _label(
    found: Found, row: Mapping[str, Any], name: str, number: int
) -> tuple[Label | None, str]:
    """The label of a row, and why there is none."""
    if found.label is None:
        return None, ""
    if found.label.casefold() == SOLUTION:
        first = str(row[found.label]).partition(" ")[0]
        return (Label(first, wnid=first), "") if WNID.fullmatch(first) else (None, "")
    try:
        label = found.label_of(row)
    except ValueError as fault:
        return None, f"{name}, row {number}: {fault}"
    if label is None:
        return None, f"{name} gives it the label {row.get(found.label)!r}"
    if label.wnid is None and WNID.fullmatch(label.name):
        return replace(label, wnid=label.name), ""
    return label, ""


def _merged(tables: Sequence[_Table], classes: ClassList) -> SideTables:
    rows, first = dict[str, SideRow](), dict[str, str]()
    for table in tables:
        same = bool(classes) and _is_same_list(table.found.vocabulary, classes)
        for path, said in table.rows.items():
            row = replace(said, label=_settled(said.label, classes, same))
            known = rows.get(path)
            before = first.setdefault(path, table.name)
            rows[path] = row if known is None else _filled(known, row, before, table.name)
    lists = _lists(rows.values())
    for path, row in rows.items():
        if row.label and row.label.vocabulary:
            label = replace(row.label, vocabulary=lists[id(row.label.vocabulary)])
            rows[path] = replace(row, label=label)
    return SideTables(
        rows,
        tuple(table.name for table in tables),
        next(iter(lists.values())) if len({one.names for one in lists.values()}) == 1 else None,
        _said_by([table for table in tables if any(row.label for row in table.rows.values())]),
        tuple(note for table in tables for note in table.found.notes),
        next((table.undecided for table in tables if table.undecided), None),
        tuple(_absent(tables)),
    )


def _lists(rows: Iterable[SideRow]) -> dict[int, Vocabulary]:
    """The lists of classes by identity, each with the wnids that rows give to its classes, or to
    those of a list of the same names."""
    lists, wnids = dict[int, Vocabulary](), dict[int, dict[int, str | None]]()
    for label in (row.label for row in rows if row.label):
        if label.vocabulary is not None:
            lists[id(label.vocabulary)] = label.vocabulary
            known = wnids.setdefault(id(label.vocabulary), {})
            if label.wnid and label.number is not None:
                known[label.number] = label.wnid
    by_names = dict[tuple[str, ...], dict[int, str | None]]()
    for key, listed in lists.items():
        known = by_names.setdefault(listed.names, {})
        known |= dict(enumerate(listed.wnids)) | wnids[key]
    return {key: _with_wnids(listed, by_names[listed.names]) for key, listed in lists.items()}


def _with_wnids(listed: Vocabulary, known: Mapping[int, str | None]) -> Vocabulary:
    wnids = tuple(known.get(label) for label in range(len(listed.names)))
    return replace(listed, wnids=wnids if any(wnids) else ())


def _settled(label: Label | None, classes: ClassList, same: bool) -> Label | None:
    """What a label is called by the list of classes, where that has it."""
    if label is None or (label.vocabulary is not None and not same):
        return label
    if label.number is None:
        return classes.label(label.wnid or label.name) or classes.label(label.name) or label
    bare = same or label.name == str(label.number)
    known = classes.label(label.number + classes.first * same) if classes or bare else None
    return known if known and (bare or _plain(known.name) == _plain(label.name)) else label


def _is_same_list(listed: Vocabulary | None, classes: ClassList) -> bool:
    names = listed.names if listed else ()
    return tuple(map(_plain, names)) == tuple(map(_plain, classes.names))


def _plain(name: str) -> str:
    """A name without what tells it apart from others, as in `crane (134)`."""
    return APART.sub("", name)


def _filled(known: SideRow, further: SideRow, before: str, name: str) -> SideRow:
    """What one table says, and where it says nothing what the next one does. Two labels by tables
    of one folder are none."""
    label, detail = known.label, known.detail
    nearer = _folder(before) != _folder(name)
    if label is None and not detail:
        label, detail = further.label, further.detail
    elif label and further.label and not (_is_same(label, further.label) or nearer):
        at = before if before == name else f"{before} and {name}"
        detail = f"{at}: its labels are {label.name!r} and {further.label.name!r}"
        label = None
    return SideRow(
        label,
        known.caption or further.caption,
        known.split or further.split,
        {**further.facts, **known.facts},
        detail,
    )


def _is_same(one: Label, other: Label) -> bool:
    if one.number is not None and other.number is not None:
        return one.number == other.number
    return one.name == other.name or (one.wnid is not None and one.wnid == other.wnid)


def _said_by(tables: Sequence[_Table]) -> str:
    if not tables:
        return ""
    first = f"column {tables[0].found.label!r} of {tables[0].name}"
    return first + (f" and {len(tables) - 1:,} more" if len(tables) > 1 else "")


def _absent(tables: Sequence[_Table]) -> Iterable[PassedOver]:
    told = set[str]()
    for table in tables:
        for cell, detail in table.absent.items():
            path = f"{table.folder}/{cell}" if table.folder else cell
            if path not in told:
                told.add(path)
                yield PassedOver(path, ABSENT, detail or f"a row of {table.name}")


def _each(cells: Sequence[Sequence[str]]) -> Iterable[tuple[str, int]]:
    return ((path, number) for number, paths in enumerate(cells) for path in paths)


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _listed(rows: Rows) -> str:
    names = rows.schema.names
    return ", ".join(map(str, names[:5])) + (", …" if len(names) > 5 else "")
