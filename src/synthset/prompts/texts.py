"""Texts by class from a file: prompts or captions, in a CSV or Parquet file, or a line each."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from synthset.errors import RecipeError, did_you_mean
from synthset.sheets import remove_mark
from synthset.taxonomy.classlists import ClassEntry, collect_names
from synthset.taxonomy.names import ClassIndex

TABLES = (".csv", ".tsv", ".parquet")

Texts = dict[str, tuple[str, ...]]


def read_lines(file: str, where: str) -> tuple[str, ...]:
    """Read a text file: a template a line; empty lines and those that begin with # are left out.

    Raises:
        RecipeError: it cannot be read, or holds nothing.
    """
    try:
        text = Path(file).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise _unreadable(file, where, fault) from None
    found = tuple(line.strip() for line in text.splitlines())
    kept = tuple(line for line in found if line and not line.startswith("#"))
    if not kept:
        raise RecipeError(where, f"{file} has no lines", "write one template per line")
    return kept


def read_columns(file: str, wanted: Sequence[str], where: str) -> list[tuple[str, ...]]:
    """Read columns of a CSV, TSV or Parquet file as text; rows with an empty cell are left out.

    Args:
        file: its path; the suffix says the format.
        wanted: names of the columns.
        where: the place in the recipe, for messages.

    Raises:
        RecipeError: it cannot be read, or lacks a column.
    """
    path = Path(file).expanduser()
    try:
        if path.suffix.lower() == ".parquet":
            names, rows = _parquet(path, wanted)
        else:
            names, rows = _csv(path, wanted)
    except (OSError, UnicodeDecodeError, pa.ArrowInvalid, csv.Error) as fault:
        raise _unreadable(file, where, fault) from None
    for name in wanted:
        if name not in names:
            right = did_you_mean(name, names)
            raise RecipeError(where, f"{file} has no column {name!r}", right)
    return [row for row in rows if all(row)]


def has_column(file: str, name: str, where: str) -> bool:
    """Tell whether a CSV, TSV or Parquet file has a column.

    Raises:
        RecipeError: it cannot be read.
    """
    try:
        read_columns(file, [name], where)
    except RecipeError as error:
        if "has no column" in str(error):
            return False
        raise
    return True


def group_by_class(pairs: Iterable[tuple[str, str]], entries: Sequence[ClassEntry]) -> Texts:
    """Gather the texts of each class, in their order, each text once.

    Args:
        pairs: a class's name, key, folder or wnid, and a text; other classes are passed over.
        entries: the classes.

    Returns:
        By class key; a class without a text is missing.

    Raises:
        RecipeError: a name may be several classes.
    """
    index = ClassIndex(list(map(collect_names, entries)))
    known: dict[str, str | None] = {}
    found: dict[str, dict[str, None]] = {}
    for name, text in pairs:
        if name not in known:
            known[name] = _find_key(name, index, entries)
        if (key := known[name]) is not None:
            found.setdefault(key, {})[" ".join(text.split())] = None
    return {key: tuple(texts) for key, texts in found.items()}


def _find_key(name: str, index: ClassIndex, entries: Sequence[ClassEntry]) -> str | None:
    meant = sorted(index.find([name]))
    if len(meant) > 1:
        which = " or ".join(f"{entries[i].name!r} ({entries[i].key})" for i in meant)
        found = f"the texts of {name!r} may belong to {which}"
        raise RecipeError("prompts", found, "name the class by its key or wnid there")
    return entries[meant[0]].key if meant else None


def _parquet(path: Path, wanted: Sequence[str]) -> tuple[list[str], list[tuple[str, ...]]]:
    names = pq.read_schema(path).names
    table = pq.read_table(path, columns=[name for name in wanted if name in names])
    columns = [table.column(name).to_pylist() for name in table.column_names]
    return names, [tuple(_text(cell) for cell in row) for row in zip(*columns, strict=True)]


def _csv(path: Path, wanted: Sequence[str]) -> tuple[list[str], list[tuple[str, ...]]]:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter=delimiter)
        names = [name for name in reader.fieldnames or [] if name]
        rows = [tuple(_text(remove_mark(row.get(name) or "")) for name in wanted) for row in reader]
    return names, rows


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _unreadable(file: str, where: str, fault: Exception) -> RecipeError:
    right = "name a UTF-8 text file with one template per line, a CSV file or a Parquet file"
    return RecipeError(where, f"{file} cannot be read ({fault})", right)
