"""The table of the page: a row a training set, a column a figure, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from synthset.pages.benchmark.benchmark_words import (
    GROUPS,
    format_difference,
    format_difference_ends,
    format_ends,
    format_p,
    format_value,
)
from synthset.pages.benchmark.headlines import find_best_arms
from synthset.pages.benchmark.radar_axes import RadarAxis, scale_axis
from synthset.pages.experiment.experiment_tables import scale_heat
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


def group_measures(benchmark: Benchmark) -> list[tuple[str, list[Measure]]]:
    """Measures under the words of their group, groups in their order."""
    grouped = [
        (text, [one for one in benchmark.measures if one.group == group])
        for group, text in GROUPS.items()
    ]
    return [(text, measures) for text, measures in grouped if measures]


def make_rows(benchmark: Benchmark) -> list[tuple[str, list[ShownCell]]]:
    """Give each set's name and a cell for each measure, in the order of `group_measures`."""
    measures = [measure for _, group in group_measures(benchmark) for measure in group]
    scales = {measure.name: scale_axis(benchmark, measure) for measure in measures}
    best = {measure.name: find_best_arms(benchmark, measure) for measure in measures}
    return [
        (
            arm,
            [
                _show_cell(
                    benchmark.cells[measure.name][arm],
                    arm in best[measure.name] and len(benchmark.arms) > 1,
                    scales[measure.name],
                )
                for measure in measures
            ],
        )
        for arm in benchmark.arms
    ]


def explain_cell(cell: Cell) -> str:
    """What a cell stands on: intervals, seeds, test images, notes, a line each."""
    figure, difference = cell.figure, cell.difference
    if figure.value is None:
        return "\n".join(cell.notes) or "not measured"
    lines = [f"{figure.n:,} test images"] if figure.n is not None else []
    if figure.interval is not None:
        percent = " %" if figure.unit else ""
        lines.append(f"interval: {format_ends(figure)}{percent}, {figure.interval.method}")
    if len(figure.each) > 1:
        each = ", ".join(format_value(figure.unit, one, sign=False) for one in figure.each)
        lines.append(f"seeds: {each}")
    if difference is not None:
        between, p = format_difference_ends(difference), format_p(difference)
        said = ", ".join(text for text in (between, p) if text) or "not tested"
        lines.append(
            f"difference from the base: {format_difference(figure.unit, difference.value)}; {said}"
        )
    return "\n".join([*lines, *cell.notes])


def _show_cell(cell: Cell, best: bool, axis: RadarAxis | None) -> ShownCell:
    figure, difference = cell.figure, cell.difference
    strength = "" if axis is None or figure.value is None else scale_heat(axis.place(figure.value))
    return ShownCell(
        value=format_value(figure.unit, figure.value, sign=False),
        order=figure.value,
        span=format_ends(figure),
        best=best,
        heat=strength,
        difference="" if difference is None else format_difference(figure.unit, difference.value),
        difference_span=format_difference_ends(difference),
        p=format_p(difference),
        style="" if difference is None else difference.verdict or "",
        title=explain_cell(cell),
    )
