"""How a figure falls from level to level, such as accuracy with the severity of a corruption."""

from __future__ import annotations

from synthset.pages.benchmark.details import average_over, find_grid, list_part_names
from synthset.pages.experiment.arms_chart import LONGEST
from synthset.pages.kit.axes import Axis, make_linear_axis
from synthset.pages.kit.chart import Line, Panel, draw_chart
from synthset.pages.kit.palette import choose_arm_colours, choose_arm_dashes
from synthset.pages.kit.picture import Picture, cut
from synthset.results.benchmark import Benchmark, Measure

MOST = 3  # panels
SIZE = (250.0, 180.0)


def draw_level_chart(benchmark: Benchmark) -> Picture | None:
    """Draw a line a set: the mean over all rows of a grid, at each of its levels.

    Only grids whose levels are numbers; None without one.
    """
    panels = []
    for measure in benchmark.measures:
        whole = find_grid(list_part_names(benchmark, measure))
        if whole is not None and all(level.isdecimal() for level in whole[1]):
            panels.append(_panel(benchmark, measure, *whole))
    shown = [panel for panel in panels if panel.content][:MOST]
    if not shown:
        return None
    key = [line for panel in shown for line in panel.content if isinstance(line, Line)]
    title = "How the figures change from level to level, by training set"
    return draw_chart("levels", title, shown, size=SIZE, key=key)


def _panel(benchmark: Benchmark, measure: Measure, rows: list[str], levels: list[str]) -> Panel:
    arms = list(benchmark.arms)
    paint, dash = choose_arm_colours(arms, benchmark.base), choose_arm_dashes(arms, benchmark.base)
    lines = []
    for arm in arms:
        parts = [[f"{row}/{level}" for row in rows] for level in levels]
        means = [average_over(benchmark, measure, arm, names) for names in parts]
        there = [
            (float(level), mean)
            for level, mean in zip(levels, means, strict=True)
            if mean is not None
        ]
        if there:
            name = cut(benchmark.arms[arm], LONGEST)
            lines.append(Line(there, paint[arm], name, dash=dash[arm], dot=2.6))
    numbers = [float(level) for level in levels]
    x = make_linear_axis("level", numbers)
    x = Axis("level", x.low, x.high, list(zip(numbers, levels, strict=True)))
    share = measure.unit == "share"
    values = [value for line in lines for _, value in line.points] or [0.0, 1.0]
    return Panel(
        measure.text, x, make_linear_axis("share" if share else "", values, share=share), lines
    )
