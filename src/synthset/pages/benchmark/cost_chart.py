"""What the images cost and what they brought."""

from __future__ import annotations

from collections.abc import Mapping

from synthset.pages.benchmark.benchmark_words import capitalise
from synthset.pages.experiment.arms_chart import LONGEST
from synthset.pages.kit.axes import make_cost_axis, make_linear_axis
from synthset.pages.kit.chart import Line, Panel, draw_chart
from synthset.pages.kit.palette import choose_arm_colours
from synthset.pages.kit.picture import Picture, cut
from synthset.results.benchmark import Benchmark, Measure

COSTS = {
    "kept": ("Images trained on", "images"),
    "attempted": ("Candidates examined", "images"),
    "seconds": ("Time to make or select the images", "seconds"),
}
FEWEST = 3  # sets, below which a picture says no more than the table
SIZE = (230.0, 190.0)


def draw_cost_chart(benchmark: Benchmark) -> Picture | None:
    """Draw the first figure against each cost that differs between sets; None where none does."""
    measure = next((one for one in benchmark.measures if one.better), None)
    if measure is None:
        return None
    costs = {name: _find_known(benchmark, measure, name) for name in COSTS}
    shown = {name: found for name, found in costs.items() if _tells(found)}
    if not shown:
        return None
    panels = [_panel(benchmark, measure, name, found) for name, found in shown.items()]
    key = [one for panel in panels for one in panel.content if isinstance(one, Line) and one.name]
    title = f"{capitalise(measure.text)} against the cost of the images"
    return draw_chart("cost", title, panels, size=SIZE, key=key)


def _find_known(benchmark: Benchmark, measure: Measure, name: str) -> dict[str, float]:
    """Cost of each set that has both it and the figure."""
    cells = benchmark.cells[measure.name]
    found = {cost.arm: getattr(cost, name) for cost in benchmark.costs}
    return {
        arm: float(cost)
        for arm, cost in found.items()
        if cost is not None and arm in cells and cells[arm].figure.value is not None
    }


def _tells(found: Mapping[str, float]) -> bool:
    return len(found) >= FEWEST and min(found.values()) < 0.95 * max(found.values())


def _panel(benchmark: Benchmark, measure: Measure, name: str, found: Mapping[str, float]) -> Panel:
    paint = choose_arm_colours(list(benchmark.arms), benchmark.base)
    lines, values = list[Line](), list[float]()
    for arm, cost in found.items():
        figure, text = benchmark.cells[measure.name][arm].figure, cut(benchmark.arms[arm], LONGEST)
        if figure.value is None:
            continue
        if figure.interval is not None:
            low, high = figure.interval.low, figure.interval.high
            ends = [(cost, low), (cost, high)]
            lines.append(Line(ends, paint[arm], width=1.8, opacity=0.6))
            values += [low, high]
        lines.append(Line([(cost, figure.value)], paint[arm], text, width=0, dot=4.6))
        values.append(figure.value)
    title, unit = COSTS[name]
    y = make_linear_axis(measure.text, values, share=measure.unit == "share")
    return Panel(title, make_cost_axis(unit, found.values()), y, lines)
