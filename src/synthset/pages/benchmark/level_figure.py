"""How a figure falls from level to level, such as accuracy with the severity of a corruption."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from synthset.pages.benchmark.details import grid, mean_over, part_names
from synthset.pages.experiment.arms_figure import short
from synthset.pages.kit.drawing import (
    Drawing,
    colours,
    dashes,
    drawn,
    legend,
    panels,
    title,
)
from synthset.results.benchmark import Benchmark, Measure

MOST = 3  # panels


def level_figure(benchmark: Benchmark) -> Drawing | None:
    """Draw a line a set: the mean over all rows of a grid, at each of its levels.

    Only grids whose levels are numbers; None without one.
    """
    found = []
    for figure in benchmark.measures:
        whole = grid(part_names(benchmark, figure))
        if whole is not None and all(level.isdecimal() for level in whole[1]):
            found.append((figure, *whole))
    if not found:
        return None
    shown = found[:MOST]
    canvas, axes = panels(1, len(shown), 3.4 + 3.6 * len(shown), 3.6)
    for axis, (figure, rows, levels) in zip(axes, shown, strict=True):
        _lines(axis, benchmark, figure, rows, levels, named=axis is axes[0])
    legend(canvas)
    return drawn("levels", canvas, "Figures by level, a line for each training set")


def _lines(
    axis: Axes,
    benchmark: Benchmark,
    figure: Measure,
    rows: list[str],
    levels: list[str],
    named: bool,
) -> None:
    arms = list(benchmark.arms)
    paint, dash = colours(arms, benchmark.base), dashes(arms, benchmark.base)
    for arm in arms:
        parts = [[f"{row}/{level}" for row in rows] for level in levels]
        means = [mean_over(benchmark, figure, arm, names) for names in parts]
        there = [(int(level), m) for level, m in zip(levels, means, strict=True) if m is not None]
        if there:
            axis.plot(
                *zip(*there, strict=True), dash[arm], color=paint[arm], lw=1.6, marker="o", ms=3.5,
                label=short(benchmark.arms[arm]) if named else None,
            )  # fmt: skip
    title(axis, figure.text)
    axis.set_xticks([int(level) for level in levels])
    axis.set_xlabel("level")
    if figure.unit == "share":
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g} %"))
