"""CSV for people: no cell runs as a formula in a spreadsheet, and each reads back as it was.

A spreadsheet computes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line break, quotes or
not. Such texts get the spreadsheets' own mark for text, a `'` in front; numbers stay as they are.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from synthset.errors import RecipeError

FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r\n]")
MARKED = re.compile(r"'+[=+\-@＝＋－＠\t\r\n]")
END = "\r\n"
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that was read.

    Attributes:
        columns: the heading.
        rows: the line that a row ends on, from 1, and its cells by column; what a short row lacks
            is empty, and rows without cells are left out.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]


def write_sheet(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    r"""Write a table as CSV.

    >>> write_sheet(["name", "share"], [["=1+1", -0.5]])
    "name,share\n'=1+1,-0.5\n"
    """
    return "".join(_line(row) for row in (columns, *rows))


def write_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write rows by column name as CSV, empty where a row has none."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return write_sheet(columns, [[row.get(key, "") for key in columns] for row in rows])


def read_sheet(text: str, where: str, *, spaced: bool = False) -> Sheet:
    """Read a table as `write_sheet` writes it, or as anyone else does.

    Args:
        text: CSV with a heading.
        where: place in the recipe, for messages.
        spaced: a blank after a comma is no part of the cell, as people write lists by hand.

    Raises:
        RecipeError: it is no CSV; with the line.
    """
    lines = read_cells(text, where, spaced=spaced)
    _, columns = next(lines, (0, []))
    rows = [
        (line, dict.fromkeys(columns, "") | dict(zip(columns, cells, strict=False)))
        for line, cells in lines
    ]
    return Sheet(tuple(columns), tuple(rows))


def read_cells(
    text: str, where: str, *, spaced: bool = False, delimiter: str = ","
) -> Iterator[tuple[int, list[str]]]:
    """Give the lines of a CSV that hold cells, each with its number.

    Raises:
        RecipeError: it is no CSV; with the line.
    """
    lines = StringIO(text, newline="")
    reader = csv.reader(lines, skipinitialspace=spaced, delimiter=delimiter)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, [remove_mark(cell) for cell in cells]
    except csv.Error as fault:
        found = f"line {reader.line_num} is not valid CSV ({fault})"
        raise RecipeError(where, found, "save it again as CSV in UTF-8") from None


def remove_mark(cell: str) -> str:
    """Take the mark for text away that `write_sheet` sets."""
    return cell[1:] if MARKED.match(cell) else cell


def _line(row: Sequence[Any]) -> str:
    line = StringIO(newline="")
    writer = csv.writer(line, lineterminator=END)  # it quotes the letters of its line end alone
    writer.writerow([_add_mark(cell) if isinstance(cell, str) else cell for cell in row])
    return line.getvalue().removesuffix(END) + "\n"


def _add_mark(cell: str) -> str:
    return f"'{cell}" if FORMULA.match(cell) and not NUMBER.fullmatch(cell) else cell
