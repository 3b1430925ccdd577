"""Lists the images of tables that hold them: Parquet and Arrow files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import pyarrow as pa

from synthset.errors import RecipeError
from synthset.formats.columns import (
    Columns,
    TableColumns,
    explain_missing,
    find_column,
    find_columns,
    name_setting,
)
from synthset.formats.image_cells import extract_image
from synthset.formats.listed import Label, Listed, Vocabulary
from synthset.formats.manifest import UNLABELLED, UNREADABLE, Passed
from synthset.formats.source_names import decode_name, name_source, parse_source
from synthset.formats.split_names import find_splits
from synthset.formats.table_files import is_parquet, open_table
from synthset.store.remote import Place, Remote

ENDINGS = (".parquet", ".arrow")


def find(
    path: Place,
    columns: Columns,
    where: str,
    passed: Passed,
    labelled: bool = True,
    facts: Sequence[str] = (),
) -> Iterator[Listed]:
    """List the images of one file, by row.

    Args:
        path: the file.
        columns: names that were given; without one for captions none are read.
        where: place in the recipe, for messages.
        passed: gathers rows without a label, and what is damaged.
        labelled: whether rows without a label are passed over; else labels are not read.
        facts: other columns that are read, in any case.

    Raises:
        RecipeError: a column is missing, or a label is none.
        OSError: the connection to it broke.
    """
    shown = decode_name(str(path))
    try:
        file = open_table(path)
    except (pa.ArrowException, OSError) as fault:
        if isinstance(path, Remote) and isinstance(fault, OSError):
            raise  # a broken connection is no damage
        kind = "Parquet" if is_parquet(path) else "Arrow"
        passed.add(UNREADABLE, shown, f"is not a readable {kind} file ({fault})")
        return
    with closing(file):
        schema = file.schema
        found = _columns(schema, columns, shown, where, labelled)
        passed.decided += found.notes if labelled else ()
        others = [name for one in facts if (name := find_column(schema.names, one)) is not None]
        of_label = (found.label, found.named, found.wnid) if labelled else ()
        told = (found.caption, found.split, *of_label)
        besides = [*dict.fromkeys(name for name in (*told, *others) if name)]
        faults: list[str] = []
        for first, batch in file.batches([str(found.image), *besides], faults):
            cells = batch.column(str(found.image))
            for i, record in enumerate(batch.select(besides).to_pylist()):
                label = _label(found, record, shown, first + i, where) if labelled else None
                if labelled and label is None:
                    said = f"{found.label} is {record[str(found.label)]}"
                    passed.add(UNLABELLED, f"{shown}#{first + i}", said)
                    continue
                yield Listed(
                    f"{name_source(path)}#{first + i}",
                    label,
                    record[found.caption] if found.caption else None,
                    _split(found, record),
                    facts={name: record[name] for name in others},
                    read=partial(_cell, cells, i, path),
                )
        for one in faults:
            passed.add(UNREADABLE, shown, one)


def read_keys(path: Place, columns: Columns, where: str) -> Iterator[tuple[str, str]]:
    """Go through the keys of the images of one file and where each lies; no image is read.

    Raises:
        RecipeError: a column is missing.
        pa.ArrowException, OSError: the file is damaged.
    """
    shown = decode_name(str(path))
    with closing(open_table(path)) as file:
        found = find_columns(file.schema, columns, shown, where)
        for kind, name in (("image", found.image), ("key", found.key)):
            if name is None:
                raise explain_missing(file.schema, kind, found, shown, where)
        faults: list[str] = []
        for first, batch in file.batches([str(found.key)], faults):
            for row, key in enumerate(batch.column(0).to_pylist(), first):
                if key is not None:
                    yield str(key), f"{name_source(path)}#{row}"
        if faults:
            raise pa.ArrowInvalid(faults[0])


def read_vocabulary(path: Place, columns: Columns, where: str) -> Vocabulary | None:
    """The classes that a file's features list; None where they list none, or it can't be read."""
    try:
        with closing(open_table(path)) as file:
            return find_columns(file.schema, columns, decode_name(str(path)), where).vocabulary
    except (pa.ArrowException, OSError):
        return None


def list_splits(path: Place, columns: Columns, where: str) -> frozenset[str]:
    """Name the splits that a column of a file tells apart; none where it has no such column, or
    can't be read, which whoever lists it says."""
    try:
        with closing(open_table(path)) as file:
            found = find_columns(file.schema, columns, decode_name(str(path)), where)
            if found.split is None:
                return frozenset()
            batches = file.batches([found.split], [])
            words = {value for _, batch in batches for value in batch.column(0).to_pylist()}
    except (pa.ArrowException, OSError):
        return frozenset()
    said = (find_splits(str(word)) for word in words if word is not None)
    return frozenset(next(iter(one)) for one in said if len(one) == 1)


def _columns(
    schema: pa.Schema, columns: Columns, table: str, where: str, labelled: bool
) -> TableColumns:
    """The columns that are read.

    Raises:
        RecipeError: one is missing.
    """
    asked = columns if labelled else replace(columns, label=None)
    setting = "prompt_column" if labelled else "caption_column"
    found = find_columns(schema, asked, table, where, setting)
    for kind, name in (("image", found.image), ("label", found.label if labelled else "")):
        if name is None:
            raise explain_missing(schema, kind, found, table, where)
    return found if columns.caption else replace(found, caption=None)


def _label(
    found: TableColumns, row: Mapping[str, Any], table: str, number: int, where: str
) -> Label | None:
    try:
        return found.read_label(row)
    except ValueError as fault:
        right = "name a column that holds one number or name per row"
        said = f"{table}, row {number}: {fault}"
        raise RecipeError(name_setting(where, "label_column"), said, right) from None


def _split(found: TableColumns, row: Mapping[str, Any]) -> str | None:
    said = find_splits(str(row.get(found.split))) if found.split else ()
    return next(iter(said)) if len(said) == 1 else None


def _cell(cells: pa.Array, row: int, path: Place) -> bytes | None:
    return extract_image(cells[row].as_py(), path)


def split_source(source: str) -> tuple[Place, int] | None:
    """Take `file.parquet#12` or `file.arrow#12` apart; None for a source that is no row.

    Raises:
        DatasetError: it is a URL that can't be opened.
    """
    path, mark, row = source.rpartition("#")
    if not (mark and path.lower().endswith(ENDINGS) and row.isdigit()):
        return None
    return parse_source(path), int(row)
