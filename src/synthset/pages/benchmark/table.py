"""The table of the page: a row a training set, a column a figure, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from synthset.pages.benchmark.axes import Axis, scale
from synthset.pages.benchmark.headlines import best_arms
from synthset.pages.benchmark.words import (
    GROUPS,
    difference_ends,
    difference_text,
    ends_text,
    p_text,
    value_text,
    verdict,
)
from synthset.pages.experiment.tables import heat
from synthset.results.benchmark import Benchmark, Cell, Figure


@dataclass(frozen=True)
class Shown:
    """A cell of the table.

    Attributes:
        value: text; a dash where there is none.
        order: number to sort by; None sorts last.
        span: its interval.
        best: whether no other set has a better value.
        heat: strength of its colour in percent; nothing where neither end is better.
        difference: to the base, with sign; nothing for the base itself.
        difference_span: its interval.
        p: corrected.
        style: `better`, `worse`, `other`, or nothing where it may be chance.
        title: what it stands on, for who points at it.
    """

    value: str
    order: float | None
    span: str
    best: bool
    heat: str
    difference: str
    difference_span: str
    p: str
    style: str
    title: str


def columns(benchmark: Benchmark) -> list[tuple[str, list[Figure]]]:
    """Figures under the words of their group, groups in their order."""
    grouped = [
        (text, [one for one in benchmark.figures if one.group == group])
        for group, text in GROUPS.items()
    ]
    return [(text, figures) for text, figures in grouped if figures]


def rows(benchmark: Benchmark) -> list[tuple[str, list[Shown]]]:
    """For each training set its name and a cell for each figure, in the order of `columns`."""
    figures = [figure for _, group in columns(benchmark) for figure in group]
    scales = {figure.name: scale(benchmark, figure) for figure in figures}
    best = {figure.name: best_arms(benchmark, figure) for figure in figures}
    return [
        (
            arm,
            [
                _shown(
                    figure,
                    benchmark.cells[figure.name][arm],
                    arm in best[figure.name] and len(benchmark.arms) > 1,
                    scales[figure.name],
                )
                for figure in figures
            ],
        )
        for arm in benchmark.arms
    ]


def cell_title(figure: Figure, cell: Cell) -> str:
    """What a cell stands on: intervals, seeds, test images, notes, a line each."""
    if cell.value is None:
        return "\n".join(cell.notes) or "not measured"
    lines = [f"{cell.images:,} test images"] if cell.images is not None else []
    ends = ends_text(figure, cell.low, cell.high)
    if ends:
        lines.append(f"interval: {ends}{' %' if figure.unit else ''}, {cell.how}")
    if len(cell.each) > 1:
        each = ", ".join(value_text(figure, one, sign=False) for one in cell.each)
        lines.append(f"seeds: {each}")
    if cell.difference is not None:
        between, p = difference_ends(figure, cell), p_text(cell)
        told = ", ".join(text for text in (between, p) if text) or "not tested"
        lines.append(f"minus the base: {difference_text(figure, cell.difference)}; {told}")
    return "\n".join([*lines, *cell.notes])


def _shown(figure: Figure, cell: Cell, best: bool, axis: Axis | None) -> Shown:
    strength = "" if axis is None or cell.value is None else heat(axis.place(cell.value))
    difference = "" if cell.difference is None else difference_text(figure, cell.difference)
    return Shown(
        value=value_text(figure, cell.value, sign=False),
        order=cell.value,
        span=ends_text(figure, cell.low, cell.high),
        best=best,
        heat=strength,
        difference=difference,
        difference_span=difference_ends(figure, cell),
        p=p_text(cell),
        style=verdict(figure, cell),
        title=cell_title(figure, cell),
    )
