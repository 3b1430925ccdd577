"""Parts of the measures: each corruption and severity, each k, each class, by training set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synthset.pages.benchmark.benchmark_words import format_value
from synthset.pages.experiment.experiment_tables import scale_heat
from synthset.pages.kit.numbers import number
from synthset.results.benchmark import Benchmark, Measure

MOST = 60  # rows of a table; `benchmark.json` has all
FULL = 0.5  # of a grid; one with less in it is shown as a list


@dataclass(frozen=True)
class DetailCell:
    """A cell of the details.

    Attributes:
        value: text; a dash where there is none.
        heat: strength of its colour in percent; nothing where it is no share.
        best: whether no other set has a better value here.
    """

    value: str
    heat: str
    best: bool


@dataclass(frozen=True)
class LevelTable:
    """One table of a suite.

    Attributes:
        name: level that it shows, such as `3` of `gaussian_noise/3`; nothing of a plain list.
        rows: name of a part and a cell for each training set.
    """

    name: str
    rows: tuple[tuple[str, tuple[DetailCell, ...]], ...]


@dataclass(frozen=True)
class SuiteDetails:
    """The parts of one measure.

    Attributes:
        measure: they belong to.
        levels: tables; of a grid the mean over its levels is first.
        more: rows that aren't shown.
    """

    measure: Measure
    levels: tuple[LevelTable, ...]
    more: int


def make_suites(benchmark: Benchmark) -> list[SuiteDetails]:
    """Tables of every measure that has parts, in the order of the measures."""
    found = [_suite(benchmark, measure) for measure in benchmark.measures]
    return [one for one in found if one is not None]


def list_part_names(benchmark: Benchmark, measure: Measure) -> list[str]:
    """Names of a measure's parts, in the order in which the training sets have them."""
    cells = benchmark.cells[measure.name]
    return list(dict.fromkeys(name for arm in benchmark.arms for name in cells[arm].details))


def find_grid(names: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """Rows and levels of names such as `gaussian_noise/3`; None where they are no grid.

    >>> find_grid(["blur/1", "blur/2", "snow/1", "snow/2"])
    (['blur', 'snow'], ['1', '2'])
    """
    split = [name.rpartition("/") for name in names]
    rows = list(dict.fromkeys(row for row, _, _ in split))
    levels = list(dict.fromkeys(level for _, _, level in split))
    if "" in rows or len(levels) < 2 or len(names) < FULL * len(rows) * len(levels):
        return None
    if all(level.isdecimal() for level in levels):
        levels.sort(key=int)
    return rows, levels


def average_over(
    benchmark: Benchmark, measure: Measure, arm: str, names: Sequence[str]
) -> float | None:
    """Mean of a set's parts; None where it lacks one, for then it would be of something else."""
    details = benchmark.cells[measure.name][arm].details
    if not names or any(name not in details for name in names):
        return None
    return sum(details[name] for name in names) / len(names)


def _suite(benchmark: Benchmark, measure: Measure) -> SuiteDetails | None:
    names = list_part_names(benchmark, measure)
    if not names:
        return None
    found = find_grid(names)
    if found is None:
        groups = [("", [(name, [name]) for name in names])]
    else:
        rows, levels = found
        mean = f"mean of {', '.join(levels)}"
        groups = [(mean, [(row, [f"{row}/{level}" for level in levels]) for row in rows])]
        groups += [(level, [(row, [f"{row}/{level}"]) for row in rows]) for level in levels]
    more = max(0, len(groups[0][1]) - MOST)
    top = _top_share(benchmark, measure)
    tables = tuple(
        LevelTable(level, tuple(_row(benchmark, measure, top, *row) for row in rows[:MOST]))
        for level, rows in groups
    )
    return SuiteDetails(measure, tables, more)


def _row(
    benchmark: Benchmark, measure: Measure, top: float | None, name: str, parts: Sequence[str]
) -> tuple[str, tuple[DetailCell, ...]]:
    values = [average_over(benchmark, measure, arm, parts) for arm in benchmark.arms]
    known = [value for value in values if value is not None]
    best = None
    if measure.better and len(known) > 1:
        best = min(known) if measure.better == "lower" else max(known)
    cells = [_part(measure, value, top, best) for value in values]
    return name, tuple(cells)


def _part(
    measure: Measure, value: float | None, top: float | None, best: float | None
) -> DetailCell:
    if value is None:
        return DetailCell("–", "", best=False)
    if top is None:
        return DetailCell(number(value), "", best=value == best)
    coloured = measure.better != "lower" and top > 0
    text = format_value(measure.unit, value, sign=False)
    return DetailCell(text, scale_heat(value / top) if coloured else "", best=value == best)


def _top_share(benchmark: Benchmark, measure: Measure) -> float | None:
    """The highest part of any set; None where they are no shares: a share's parts may be counts."""
    cells = benchmark.cells[measure.name].values()
    values = [value for cell in cells for value in cell.details.values()]
    shares = measure.unit == "share" and all(0 <= value <= 1 for value in values)
    return max(values) if shares else None
