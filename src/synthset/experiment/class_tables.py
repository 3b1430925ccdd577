"""Reads tables of classes as SELECT publishes them: a row a class, its confusions as a list."""

from __future__ import annotations

import ast
import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from synthset.errors import DatasetError, UsageError, did_you_mean
from synthset.results.class_statistics import CONFUSIONS, ClassFigures, confusion_skewness

NAME, INDEX, COUNT = "classname", "index", "class count"
SHARES = ("accuracy", "precision", "recall")
SCORES = "most confused scores"
COLUMNS = (NAME, INDEX, COUNT, *SHARES, SCORES)
LONGEST = 8  # of a list that a note names whole


@dataclass(frozen=True)
class TableLine:
    """A line of a table, read.

    Attributes:
        line: of the file, from 1, the heading's.
        name: of the class.
        index: of the class.
        count: its training images.
        shares: accuracy, precision, recall, each 0 to 1.
        scores: its largest confusions, 0 to 1; the table lists none that is 0.
    """

    line: int
    name: str
    index: int
    count: int
    shares: tuple[float, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class ClassTable:
    """The classes of one training set.

    Attributes:
        name: of the table.
        indices: (K,) class index, ascending; one may stand there twice where doubled rows are kept.
        names: K class names.
        figures: of the K classes.
        notes: what was done to the table.
    """

    name: str
    indices: tuple[int, ...]
    names: tuple[str, ...]
    figures: ClassFigures
    notes: tuple[str, ...] = ()


def read_table(path: str | Path, *, published: bool = False) -> ClassTable:
    """Read a table and merge the rows that it doubles.

    Tables that were joined by name hold each class of a shared name as often as the name is shared
    (two classes: four rows). By `index`, such rows become one class again, with the mean of their
    figures: the table doesn't tell which row is whose.

    Args:
        path: CSV in UTF-8 with the columns `classname`, `index`, `Class Count`, `accuracy`,
            `Precision`, `Recall`, `most confused scores`, in any case and order; others are left.
        published: keep doubled rows, and take the skewness of confusions that aren't 0.

    Raises:
        DatasetError: a column is missing, a cell can't be read, an index has different counts or
            names.
    """
    path = Path(path)
    rows = sorted(_rows(path), key=lambda row: row.index)
    groups = [list(group) for _, group in groupby(rows, key=lambda row: row.index)]
    _check_groups(path, groups)
    notes = _name_doubled(groups, published)
    if published:
        groups = [[row] for row in rows]
    return ClassTable(
        name=path.stem,
        indices=tuple(group[0].index for group in groups),
        names=tuple(group[0].name for group in groups),
        figures=_figures(groups, published),
        notes=notes,
    )


def align_classes(table: ClassTable, baseline: ClassTable) -> tuple[ClassFigures, tuple[str, ...]]:
    """Put the classes of a baseline in the order of a table, by index.

    Returns:
        The baseline's figures for each class of the table, NaN where it lacks one; and notes on
        classes that it lacks or calls otherwise.

    Raises:
        UsageError: no class in common, or a baseline that has an index twice.
    """
    place = {index: i for i, index in enumerate(baseline.indices)}
    if len(place) < len(baseline.indices):
        raise UsageError(f"baseline {baseline.name}: contains an index twice; merge its rows first")
    rows = np.array([place.get(index, -1) for index in table.indices])
    if (rows < 0).all():
        raise UsageError(f"baseline {baseline.name}: contains no index of {table.name}")
    notes = []
    if (rows < 0).any():
        lacks = f"{int((rows < 0).sum()):,} of {len(rows):,} classes"
        notes.append(f"baseline {baseline.name} lacks {lacks}, which correlations leave out")
    others = [
        f"{index} ({name!r} and {baseline.names[place[index]]!r})"
        for index, name in zip(table.indices, table.names, strict=True)
        if index in place and baseline.names[place[index]] != name
    ]
    if others:
        notes.append(f"baseline {baseline.name} gives other names to index {_some(others)}")
    taken = ClassFigures(
        **{
            key: np.where(rows < 0, np.nan, values[rows])
            for key, values in vars(baseline.figures).items()
        }
    )
    return taken, tuple(notes)


def _rows(path: Path) -> list[TableLine]:
    try:
        # utf-8-sig: spreadsheets put a byte-order mark before the first heading.
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            place = _columns(path, next(reader, []))
            rows = [
                _row(f"{path}, line {reader.line_num}", reader.line_num, cells, place)
                for cells in reader
                if cells
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise DatasetError(f"{path}: can't be read as a CSV table in UTF-8 ({fault})") from None
    if len(rows) < 2:
        raise DatasetError(f"{path}: contains fewer than two classes; write one row for each class")
    return rows


def _columns(path: Path, heading: Sequence[str]) -> dict[str, int]:
    """Column -> its place; case, underscores and spaces make no difference."""
    plain = [" ".join(title.replace("_", " ").lower().split()) for title in heading]
    for column in COLUMNS:
        if plain.count(column) > 1:
            raise DatasetError(f"{path}: has {plain.count(column)} columns {column!r}; keep one")
        if column not in plain:
            known = [title for title in plain if title not in COLUMNS and title]
            advice = did_you_mean(column, known)
            advice = advice.replace("did you mean", "is it").replace("known:", "found:")
            raise DatasetError(f"{path}: has no column {column!r}; {advice}")
    return {column: plain.index(column) for column in COLUMNS}


def _row(where: str, line: int, cells: Sequence[str], place: Mapping[str, int]) -> TableLine:
    if len(cells) <= max(place.values()):
        raise DatasetError(
            f"{where}: found {len(cells)} cells; put quotes around a cell that holds a list"
        )
    cell = {column: cells[i].strip() for column, i in place.items()}
    where = f"{where} ({cell[NAME]})"
    return TableLine(
        line=line,
        name=cell[NAME],
        index=_whole(f"{where}, {INDEX}", cell[INDEX]),
        count=_whole(f"{where}, {COUNT}", cell[COUNT]),
        shares=tuple(_share(f"{where}, {column}", cell[column]) for column in SHARES),
        scores=_scores(f"{where}, {SCORES}", cell[SCORES]),
    )


def _number(where: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise DatasetError(f"{where}: found {text!r}; it must be a number") from None


def _whole(where: str, text: str) -> int:
    value = _number(where, text)
    if not (value >= 0 and value.is_integer()):
        raise DatasetError(f"{where}: found {text!r}; it must be a whole number, 0 or more")
    return int(value)


def _share(where: str, text: str | float) -> float:
    value = _number(where, str(text))
    if not -1e-9 <= value <= 1 + 1e-9:
        raise DatasetError(f"{where}: found {text!r}; it must be a share from 0 to 1")
    return min(max(value, 0.0), 1.0)


def _scores(where: str, text: str) -> tuple[float, ...]:
    """Read a list of numbers, written by JSON or by Python."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        try:
            found = ast.literal_eval(text)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            found = None
    numbers = isinstance(found, (list, tuple)) and all(type(one) in (int, float) for one in found)
    if not numbers:
        shown = text if len(text) <= 60 else text[:57] + "…"
        raise DatasetError(f"{where}: found {shown!r}; it must be a list such as [0.12, 0.04]")
    largest = sorted((_share(where, one) for one in found), reverse=True)
    return tuple(largest[:CONFUSIONS])


def _check_groups(path: Path, groups: Sequence[Sequence[TableLine]]) -> None:
    """Refuse an index that stands for two classes."""
    for group in groups:
        first = group[0]
        for row in group[1:]:
            where = f"{path}, lines {first.line} and {row.line}: index {row.index}"
            if row.count != first.count:
                raise DatasetError(
                    f"{where} has the class counts {first.count:,} and {row.count:,}; give all "
                    "rows of a class the same count"
                )
            if row.name != first.name:
                raise DatasetError(
                    f"{where} is {first.name!r} and {row.name!r}; give each class its own index"
                )


def _name_doubled(groups: Sequence[Sequence[TableLine]], published: bool) -> tuple[str, ...]:
    several = [group for group in groups if len(group) > 1]
    if not several:
        return ()
    rows = sum(len(group) for group in several)
    names = _some(sorted({group[0].name for group in several}))
    classes = "1 class" if len(several) == 1 else f"{len(several)} classes"
    if published:
        return (f"{rows} rows of {classes} appear several times because of shared names: {names}",)
    return (
        f"{rows} rows that appear several times because of shared names are merged by index into "
        f"{classes}, each with the mean of its rows: {names}",
    )


def _some(items: Sequence[str]) -> str:
    more = f", … ({len(items):,} in all)" if len(items) > LONGEST else ""
    return ", ".join(items[:LONGEST]) + more


def _figures(groups: Sequence[Sequence[TableLine]], published: bool) -> ClassFigures:
    """Average the rows of each class.

    A table lists no confusion of 0, though it may be among the five largest: it is put back,
    except by the published convention.
    """
    filler, most = math.nan if published else 0.0, min(CONFUSIONS, len(groups) - 1)
    figures = np.zeros((4, len(groups)))  # accuracy, precision, recall, skewness
    for place, group in enumerate(groups):
        scores = np.full((len(group), CONFUSIONS), math.nan)
        scores[:, :most] = filler
        for i, row in enumerate(group):
            scores[i, : len(row.scores)] = row.scores
        figures[:3, place] = np.mean([row.shares for row in group], axis=0)
        figures[3, place] = confusion_skewness(scores).mean()
    counts = np.array([group[0].count for group in groups], np.float64)
    return ClassFigures(counts, *figures)
