"""Classes from a file: a text with one name a line, or a CSV with a column `name`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from synthset.errors import Problem, RecipeError
from synthset.sheets import read_sheet
from synthset.taxonomy.classlists import ClassEntry, named, refuse_collisions, slug
from synthset.taxonomy.words import with_sense

COLUMNS = ("name", "synset", "folder")


def from_file(path: str, where: str = "classes") -> tuple[ClassEntry, ...]:
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
        right = "name a text file with one class a line, or a CSV with a column `name`"
        raise RecipeError(f"{where}.path", f"{path} {found}", right) from None
    if Path(path).suffix.lower() == ".csv":
        entries = of_table(text, path, where)
    else:
        lines = list(enumerate(text.splitlines(), 1))
        entries = [
            named(line, f"{path}:{number}")
            for number, line in lines
            if line.strip() and not line.lstrip().startswith("#")
        ]
    return refuse_collisions(entries, where)


def of_table(text: str, path: str, where: str) -> list[ClassEntry]:
    """Make the entries of a CSV."""
    sheet = read_sheet(text, f"{where}.path", spaced=True)
    columns = [column.strip() for column in sheet.columns]
    if "name" not in columns:
        found = f"{path} has no column `name` but {', '.join(columns) or 'none'}"
        raise RecipeError(f"{where}.path", found, f"its columns can be {', '.join(COLUMNS)}")
    entries, problems = [], list[Problem]()
    for line, row in sheet.rows:
        try:
            cells = {column.strip(): cell for column, cell in row.items()}
            entries.append(of_row(cells, f"{path}:{line}"))
        except RecipeError as error:
            problems += error.problems
    if problems:
        raise RecipeError.of(problems)
    return entries


def of_row(row: dict[str, str], where: str) -> ClassEntry:
    """Make the entry of one row."""
    name, synset, folder = (row.get(column, "").strip() for column in COLUMNS)
    entry = with_sense(named(name, where), synset or None, where)
    if not folder:
        return entry
    if folder != Path(folder).name or slug(folder).strip("-") == "":
        found = f"the folder {folder!r} is no plain name"
        raise RecipeError(where, found, f"such as {slug(name)!r}")
    return replace(entry, folder=folder)
