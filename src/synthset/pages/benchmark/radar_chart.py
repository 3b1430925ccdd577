"""The radar: a polygon a training set, all in one, and each alone before the base."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import pairwise
from math import ceil, cos, degrees, pi, sin

from synthset.pages.benchmark.benchmark_words import format_value
from synthset.pages.benchmark.radar_axes import (
    FEWEST_AXES,
    FEWEST_SETS,
    RadarAxis,
    make_radar_axes,
    place_on_axes,
)
from synthset.pages.experiment.arms_chart import LONGEST
from synthset.pages.kit.chart import HEAD, TICK, Line, write_key
from synthset.pages.kit.palette import choose_arm_colours, choose_arm_dashes
from synthset.pages.kit.picture import Dot, Mark, Picture, Point, Shape, Table, Word, cut
from synthset.results.benchmark import Benchmark

TOGETHER = 5  # sets that one radar can hold and still be read
LEVEL = 16  # axes up to which their names stand level; more are turned along the axis
COLUMNS = 5  # of small radars
RINGS = (0.25, 0.5, 0.75, 1.0)
OUT = 1.07  # of the radius, where names begin
RADIUS, SMALL = 210.0, 84.0  # pixels, of the large radar and of a small one
WIDTH = 840.0


def draw_radar_charts(benchmark: Benchmark, *, key: bool) -> list[Picture]:
    """Draw all sets together, the same zoomed, and, of more than five, each alone.

    The picture named `radar` is the one to look at first: all together, or, of more than five, each
    alone. Nothing of fewer than two sets or three axes.

    Args:
        benchmark: what was measured.
        key: whether the sets' looks are explained, where nothing beside the radar does so.
    """
    if len(benchmark.arms) < FEWEST_SETS or len(make_radar_axes(benchmark)) < FEWEST_AXES:
        return []
    many = len(benchmark.arms) > TOGETHER
    found = [
        _draw_together(benchmark, "radar-together" if many else "radar", zoomed=False, key=key),
        _draw_together(benchmark, "radar-zoomed", zoomed=True, key=key),
    ]
    return [*found, _draw_each_alone(benchmark)] if many else found


def compute_outline(found: Sequence[float | None]) -> list[Point | None]:
    """Corners of a polygon, clockwise from the top, the first once more at the end.

    Args:
        found: part of the radius on each axis; None leaves a gap.

    Returns:
        x to the right and y down, in [-1, 1]; None at a gap.
    """
    corners = [
        None if part is None else _spoke(i, len(found), part) for i, part in enumerate(found)
    ]
    return [*corners, corners[0]]


def _spoke(place: int, of: int, part: float) -> Point:
    angle = pi / 2 - 2 * pi * place / of
    return part * cos(angle), -part * sin(angle)


def _draw_together(benchmark: Benchmark, name: str, *, zoomed: bool, key: bool) -> Picture:
    axes = make_radar_axes(benchmark, zoomed)
    turned = len(axes) > LEVEL
    title = "All training sets on every axis" + (
        ", from the worst set to the best" if zoomed else ""
    )
    marks: list[Mark] = [Word((0, 14), title, HEAD, "ink", bold=True)]
    top = 26.0
    if key:
        paint, dash = _looks(benchmark)
        lines = [
            Line((), paint[a], cut(t, LONGEST), dash=dash[a]) for a, t in benchmark.arms.items()
        ]
        named, top = write_key(lines, top, WIDTH)
        marks += named
    room = 190.0 if turned else 54.0  # for names above and below
    middle = (WIDTH / 2, top + room + RADIUS)
    marks += _web(middle, RADIUS, len(axes))
    marks += _names(middle, axes, turned=turned, numbered=len(benchmark.arms) > TOGETHER)
    for arm in sorted(benchmark.arms, key=lambda arm: arm != benchmark.base):
        data = {"arm": str(list(benchmark.arms).index(arm))}
        marks += _polygon(middle, RADIUS, benchmark, axes, arm, data=data)
    height = middle[1] + RADIUS + room
    return Picture(name, title, WIDTH, height, marks, _values(benchmark, axes))


def _draw_each_alone(benchmark: Benchmark) -> Picture:
    axes = make_radar_axes(benchmark)
    others = [arm for arm in benchmark.arms if arm != benchmark.base]
    columns = min(COLUMNS, len(others))
    wide, high = 2 * SMALL + 44, 2 * SMALL + 58
    title = f"Each training set alone, {benchmark.arms[benchmark.base]} in grey behind it"
    width = max(wide * columns, 520.0)
    marks: list[Mark] = [Word((0, 14), title, HEAD, "ink", bold=True)]
    for place, arm in enumerate(others):
        row, column = divmod(place, columns)
        middle = (wide * (column + 0.5), 62 + high * row + SMALL)
        head = (middle[0], middle[1] - SMALL - 22)
        marks.append(
            Word(head, cut(benchmark.arms[arm], LONGEST), TICK, "ink", "middle", bold=True)
        )
        marks += _web(middle, SMALL, len(axes))
        for i in range(len(axes)):
            x, y = _spoke(i, len(axes), 1.12)
            at = (middle[0] + SMALL * x, middle[1] + SMALL * y + 3)
            marks.append(Word(at, str(i + 1), 8.5, anchor="middle"))
        marks += _polygon(middle, SMALL, benchmark, axes, benchmark.base)
        marks += _polygon(middle, SMALL, benchmark, axes, arm, filled=0.22)
    y = 40 + high * ceil(len(others) / columns)
    key = " · ".join(f"{i + 1} {axis.figure.text} {axis.label}" for i, axis in enumerate(axes))
    for text in textwrap.wrap(key, int(width / 5.6)):
        y += 15
        marks.append(Word((0, y), text, 10))
    return Picture("radar", title, width, y + 8, marks, _values(benchmark, axes))


def _looks(benchmark: Benchmark) -> tuple[dict[str, str], dict[str, str]]:
    arms = list(benchmark.arms)
    return choose_arm_colours(arms, benchmark.base), choose_arm_dashes(arms, benchmark.base)


def _web(middle: Point, radius: float, count: int) -> list[Mark]:
    rings = [_move(compute_outline([ring] * count), middle, radius) for ring in RINGS]
    spokes = [[middle, corner] for corner in rings[-1][:-1]]
    return [Shape(points, stroke="line") for points in [*rings, *spokes]]


def _move(corners: Sequence[Point | None], middle: Point, radius: float) -> list[Point]:
    return [(middle[0] + radius * x, middle[1] + radius * y) for x, y in filter(None, corners)]


def _names(middle: Point, axes: Sequence[RadarAxis], *, turned: bool, numbered: bool) -> list[Mark]:
    marks: list[Mark] = []
    for i, axis in enumerate(axes):
        x, y = _spoke(i, len(axes), OUT)
        at = (middle[0] + RADIUS * x, middle[1] + RADIUS * y)
        name = cut(f"{i + 1} {axis.figure.text}" if numbered else axis.figure.text, LONGEST)
        if turned:
            right = x > -1e-9
            turn = degrees(pi / 2 - 2 * pi * i / len(axes))
            anchor = "start" if right else "end"
            text = f"{name}  {axis.label}"
            marks.append(Word(at, text, 10, anchor=anchor, turn=-turn if right else 180 - turn))
            continue
        anchor = "start" if x > 0.05 else "end" if x < -0.05 else "middle"
        down = 0.0 if anchor != "middle" else -12.0 if y < 0 else 12.0
        marks.append(Word((at[0], at[1] + down - 2), name, 11.5, "ink", anchor))
        marks.append(Word((at[0], at[1] + down + 12), axis.label, TICK, anchor=anchor))
    return marks


def _polygon(
    middle: Point,
    radius: float,
    benchmark: Benchmark,
    axes: list[RadarAxis],
    arm: str,
    *,
    filled: float = 0.06,
    data: dict[str, str] | None = None,
) -> list[Mark]:
    """Draw a set's polygon; where it has no value the line is broken and nothing is filled."""
    paint, dash = _looks(benchmark)
    colour, data, base = paint[arm], data or {}, arm == benchmark.base
    corners = compute_outline(place_on_axes(benchmark, axes, arm))
    points, marks = _move(corners, middle, radius), list[Mark]()
    text = benchmark.arms[arm]
    if None not in corners:
        strength = 0.16 if base else filled
        marks.append(Shape(points, colour, opacity=strength, title=text, data=data))
    for one, other in pairwise(corners):
        if one is not None and other is not None:
            ends = _move([one, other], middle, radius)
            marks.append(
                Shape(ends, stroke=colour, width=1.8, dash=dash[arm], title=text, data=data)
            )
    marks += [Dot(point, 2.6, colour, title=text, data=data) for point in points]
    return marks


def _values(benchmark: Benchmark, axes: Sequence[RadarAxis]) -> Table:
    rows = [
        (text, *(format_value(one.figure.unit, _value(benchmark, one, arm)) for one in axes))
        for arm, text in benchmark.arms.items()
    ]
    return Table(("training set", *(axis.figure.text for axis in axes)), rows)


def _value(benchmark: Benchmark, axis: RadarAxis, arm: str) -> float | None:
    return benchmark.cells[axis.figure.name][arm].figure.value
