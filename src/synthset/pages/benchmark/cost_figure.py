"""What the images cost and what they brought."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from synthset.pages.benchmark.words import capital
from synthset.pages.experiment.arms_figure import short
from synthset.pages.kit.drawing import Drawing, colours, drawn, legend, panels, title
from synthset.results.benchmark import Benchmark, Measure

COSTS = {
    "kept": "images trained on",
    "attempted": "candidates looked at",
    "seconds": "seconds to make or pick them",
}
FEWEST = 3  # sets, below which a picture says no more than the table
WIDE = 5.0  # largest to smallest, from which the axis is logarithmic
FAR = 50.0  # from which tens alone are marked


def cost_figure(benchmark: Benchmark) -> Drawing | None:
    """Draw the first figure against each cost that differs between sets; None where none does."""
    figure = next((one for one in benchmark.measures if one.better), None)
    if figure is None:
        return None
    costs = {name: _known(benchmark, figure, name) for name in COSTS}
    shown = {name: found for name, found in costs.items() if _tells(found)}
    if not shown:
        return None
    canvas, axes = panels(1, len(shown), 2.4 + 3.1 * len(shown), 3.5, share_y=True)
    for axis, (name, found) in zip(axes, shown.items(), strict=True):
        _panel(axis, benchmark, figure, name, found)
    for arm in dict.fromkeys(arm for found in shown.values() for arm in found):  # once, not a panel
        colour = colours(list(benchmark.arms), benchmark.base)[arm]
        axes[0].plot([], [], "o", color=colour, label=short(benchmark.arms[arm]))
    legend(canvas)
    axes[0].set_ylabel(figure.text)
    return drawn("cost", canvas, f"{capital(figure.text)} against what the images cost")


def _known(benchmark: Benchmark, figure: Measure, name: str) -> dict[str, float]:
    """Cost of each set that has both it and the figure."""
    cells = benchmark.cells[figure.name]
    found = {cost.arm: getattr(cost, name) for cost in benchmark.costs}
    return {
        arm: float(cost)
        for arm, cost in found.items()
        if cost is not None and arm in cells and cells[arm].figure.value is not None
    }


def _tells(found: Mapping[str, float]) -> bool:
    return len(found) >= FEWEST and min(found.values()) < 0.95 * max(found.values())


def _panel(
    axis: Axes, benchmark: Benchmark, figure: Measure, name: str, found: Mapping[str, float]
) -> None:
    paint = colours(list(benchmark.arms), benchmark.base)
    for arm, cost in found.items():
        one = benchmark.cells[figure.name][arm].figure
        if one.interval is not None:
            ends = [one.interval.low, one.interval.high]
            axis.plot([cost, cost], ends, color=paint[arm], lw=1.6, alpha=0.6)
        if one.value is not None:
            axis.plot([cost], [one.value], "o", color=paint[arm], ms=7)
    ratio = max(found.values()) / min(found.values()) if min(found.values()) > 0 else 0.0
    if ratio > WIDE:
        axis.set_xscale("log")
        marks = (1.0, 3.0) if ratio < FAR else (1.0,)
        axis.xaxis.set_major_locator(LogLocator(subs=marks, numticks=6))
        axis.xaxis.set_minor_locator(NullLocator())
    else:
        axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    title(axis, COSTS[name])
    if figure.unit == "share":
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g} %"))
