"""Classes from a file: a text with one name a line, or a CSV with a column `name`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from synthset.errors import Problem, RecipeError
from synthset.sheets import read_sheet
from synthset.taxonomy.classlists import ClassEntry, make_entries, refuse_collisions
from synthset.taxonomy.keys import find_folder_fault
from synthset.taxonomy.names import refuse_same
from synthset.taxonomy.word_classes import add_sense

COLUMNS = ("name", "synset", "folder")


def read_class_file(path: str, where: str = "classes") -> tuple[ClassEntry, ...]:
    """Read a class list; its order is the order of the labels.

    Args:
        path: `.csv` with the column `name`, and where wanted `synset` (name or number; gives the
            class its wnid) and `folder`; further columns are not read. Any other file is a text
            with one name a line; empty lines and lines that start with # count for nothing.
        where: the place in the recipe, for messages.

    Raises:
        RecipeError: no such file, no such column, an unknown synset, or classes that collide; each
            with its line.
    """
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        found = "does not exist" if isinstance(fault, FileNotFoundError) else f"({fault})"
        right = "name a text file with one class per line, or a CSV file with a column `name`"
        raise RecipeError(f"{where}.path", f"{path} {found}", right) from None
    if Path(path).suffix.lower() == ".csv":
        entries = read_table(text, path, where)
    else:
        lines = [
            (f"{path}:{number}", line)
            for number, line in enumerate(text.splitlines(), 1)
            if line.strip() and not line.lstrip().startswith("#")
        ]
        refuse_same([line for _, line in lines], where)
        entries = make_entries([line for _, line in lines], [place for place, _ in lines])
    return refuse_collisions(entries, where)


def read_table(text: str, path: str, where: str) -> list[ClassEntry]:
    """Make the entries of a CSV."""
    sheet = read_sheet(text, f"{where}.path", spaced=True)
    columns = [column.strip() for column in sheet.columns]
    if "name" not in columns:
        found = f"{path} has no column `name`; its columns: {', '.join(columns) or 'none'}"
        raise RecipeError(
            f"{where}.path", found, f"a list of classes may have the columns {', '.join(COLUMNS)}"
        )
    rows = [{column.strip(): cell for column, cell in row.items()} for _, row in sheet.rows]
    places = [f"{path}:{line}" for line, _ in sheet.rows]
    names = [row.get("name", "") for row in rows]
    refuse_same(names, where)
    entries, problems = [], list[Problem]()
    for entry, row, place in zip(make_entries(names, places), rows, places, strict=True):
        try:
            entries.append(fill_from_row(entry, row, place))
        except RecipeError as error:
            problems += error.problems
    if problems:
        raise RecipeError.of(problems)
    return entries


def fill_from_row(entry: ClassEntry, row: dict[str, str], where: str) -> ClassEntry:
    """Give the entry of a row what its other cells say."""
    synset, folder = (row.get(column, "").strip() for column in COLUMNS[1:])
    entry = add_sense(entry, synset or None, where)
    if not folder:
        return entry
    if fault := find_folder_fault(folder):
        right = f"name it {entry.folder!r}, or leave the cell empty"
        raise RecipeError(where, f"the folder {folder!r} {fault}", right)
    return replace(entry, folder=folder)
