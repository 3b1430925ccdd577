"""Axes of the radar: where a value lies between a centre and a rim that the page states."""

from __future__ import annotations

from dataclasses import dataclass

from synthset.pages.benchmark.benchmark_words import format_value
from synthset.results.benchmark import Benchmark, Measure

WORST = 0.2  # of the radius, where the worst set lies when the axes are zoomed
FEWEST_AXES, FEWEST_SETS = 3, 2


@dataclass(frozen=True)
class RadarAxis:
    """One figure as a spoke.

    Attributes:
        figure: that it shows.
        rim: value at the rim, the best of all sets.
        centre: value at the centre; None where places are inverse to values, as of a distance,
            which has no worst: then half the radius is twice the rim's value.
        best: names of the sets at the rim.
    """

    figure: Measure
    rim: float
    centre: float | None
    best: tuple[str, ...]

    def place(self, value: float) -> float:
        """Part of the radius, in [0, 1]; what lies beyond the centre is drawn at it."""
        if self.centre is None:
            return self.rim / value
        return max(0.0, (value - self.centre) / (self.rim - self.centre))

    @property
    def label(self) -> str:
        """What stands at the rim, and at the centre where that isn't 0 or without end."""
        rim = format_value(self.figure.unit, self.rim)
        if self.centre in (None, 0.0):
            return f"{rim} (lowest)" if self.figure.better == "lower" else rim
        return f"{format_value(self.figure.unit, self.centre, sign=False)} to {rim}"


def scale_axis(benchmark: Benchmark, figure: Measure, zoomed: bool = False) -> RadarAxis | None:
    """Scale a figure: the rim is the best set.

    Unzoomed, a place is the ratio to it: half the radius is half the rim's value, or, where lower
    is better, twice it. So sets look as far apart as they are. Zoomed, the worst set lies at a
    fifth of the radius, however near to the best it is.

    Returns:
        None where neither end is better, the best isn't above 0, or fewer than two sets have a
        value.
    """
    cells = benchmark.cells[figure.name]
    values = {arm: cells[arm].figure.value for arm in benchmark.arms}
    known = {arm: value for arm, value in values.items() if value is not None}
    if figure.better is None or len(known) < FEWEST_SETS:
        return None
    pick, other = (min, max) if figure.better == "lower" else (max, min)
    best, worst = pick(known.values()), other(known.values())
    if best <= 0:
        return None
    centre = None if figure.better == "lower" else 0.0
    if zoomed and worst != best:
        centre = (worst - WORST * best) / (1 - WORST)
    return RadarAxis(figure, best, centre, tuple(arm for arm in known if known[arm] == best))


def make_radar_axes(benchmark: Benchmark, zoomed: bool = False) -> list[RadarAxis]:
    """Scale every figure of the radar that has a scale."""
    found = [scale_axis(benchmark, figure, zoomed) for figure in benchmark.measures if figure.radar]
    return [axis for axis in found if axis is not None]


def list_unscaled(benchmark: Benchmark) -> list[Measure]:
    """Figures that are meant for the radar and can't be scaled."""
    there = {axis.figure.name for axis in make_radar_axes(benchmark)}
    return [one for one in benchmark.measures if one.radar and one.name not in there]


def place_on_axes(benchmark: Benchmark, axes: list[RadarAxis], arm: str) -> list[float | None]:
    """Where a set lies on each axis; None where it has no value."""
    values = [benchmark.cells[axis.figure.name][arm].figure.value for axis in axes]
    return [
        None if value is None else axis.place(value)
        for axis, value in zip(axes, values, strict=True)
    ]
