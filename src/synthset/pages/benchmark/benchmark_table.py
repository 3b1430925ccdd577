"""The table of the page: a row a training set, a column a figure, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from synthset.pages.benchmark.benchmark_words import (
    GROUPS,
    difference_ends,
    difference_text,
    ends_text,
    p_text,
    value_text,
)
from synthset.pages.benchmark.headlines import best_arms
from synthset.pages.benchmark.radar_axes import RadarAxis, scale
from synthset.pages.experiment.experiment_tables import heat
from synthset.results.benchmark import Benchmark, Cell, Measure


@dataclass(frozen=True)
class ShownCell:
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


def columns(benchmark: Benchmark) -> list[tuple[str, list[Measure]]]:
    """Measures under the words of their group, groups in their order."""
    grouped = [
        (text, [one for one in benchmark.measures if one.group == group])
        for group, text in GROUPS.items()
    ]
    return [(text, measures) for text, measures in grouped if measures]


def rows(benchmark: Benchmark) -> list[tuple[str, list[ShownCell]]]:
    """For each training set its name and a cell for each measure, in the order of `columns`."""
    measures = [measure for _, group in columns(benchmark) for measure in group]
    scales = {measure.name: scale(benchmark, measure) for measure in measures}
    best = {measure.name: best_arms(benchmark, measure) for measure in measures}
    return [
        (
            arm,
            [
                _shown(
                    benchmark.cells[measure.name][arm],
                    arm in best[measure.name] and len(benchmark.arms) > 1,
                    scales[measure.name],
                )
                for measure in measures
            ],
        )
        for arm in benchmark.arms
    ]


def cell_title(cell: Cell) -> str:
    """What a cell stands on: intervals, seeds, test images, notes, a line each."""
    figure, difference = cell.figure, cell.difference
    if figure.value is None:
        return "\n".join(cell.notes) or "not measured"
    lines = [f"{figure.n:,} test images"] if figure.n is not None else []
    if figure.interval is not None:
        percent = " %" if figure.unit else ""
        lines.append(f"interval: {ends_text(figure)}{percent}, {figure.interval.method}")
    if len(figure.each) > 1:
        each = ", ".join(value_text(figure.unit, one, sign=False) for one in figure.each)
        lines.append(f"seeds: {each}")
    if difference is not None:
        between, p = difference_ends(difference), p_text(difference)
        said = ", ".join(text for text in (between, p) if text) or "not tested"
        lines.append(f"minus the base: {difference_text(figure.unit, difference.value)}; {said}")
    return "\n".join([*lines, *cell.notes])


def _shown(cell: Cell, best: bool, axis: RadarAxis | None) -> ShownCell:
    figure, difference = cell.figure, cell.difference
    strength = "" if axis is None or figure.value is None else heat(axis.place(figure.value))
    return ShownCell(
        value=value_text(figure.unit, figure.value, sign=False),
        order=figure.value,
        span=ends_text(figure),
        best=best,
        heat=strength,
        difference="" if difference is None else difference_text(figure.unit, difference.value),
        difference_span=difference_ends(difference),
        p=p_text(difference),
        style="" if difference is None else difference.verdict or "",
        title=cell_title(cell),
    )
