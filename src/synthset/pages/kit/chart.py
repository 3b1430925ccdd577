"""Charts: panels with two axes, on which lines, dots, areas and words stand by their values."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from synthset.pages.kit.axes import Axis
from synthset.pages.kit.numbers import number
from synthset.pages.kit.picture import (
    BOLD,
    Dot,
    Mark,
    Picture,
    Point,
    Shape,
    Table,
    Word,
    estimate_text_width,
)

TICK, TITLE, HEAD = 10.5, 11.0, 12.5  # sizes of letters: at ticks, over a panel, over the picture
GAP = 24.0  # between panels
SAMPLES = 8  # points of a line that its table says

Place = Callable[[Point], Point]  # where a value lies in the picture


@dataclass(frozen=True)
class Line:
    """Points joined by a line, or a single one.

    Attributes:
        points: by value.
        colour: of the palette.
        name: in the key; none keeps it out of key and table.
        width: of the line; 0 for dots alone.
        dash: of the line.
        dot: radius of a dot at each point; 0 for none.
        ring: whether its dots are hollow.
        opacity: of line and dots.
        title: what pointing at it says; of each dot its values, where there is none.
    """

    points: Sequence[Point]
    colour: str
    name: str = ""
    width: float = 1.6
    dash: str = ""
    dot: float = 0.0
    ring: bool = False
    opacity: float = 1.0
    title: str = ""


@dataclass(frozen=True)
class Area:
    """A filled rectangle from one corner to another, by value."""

    start: Point
    end: Point
    colour: str
    title: str = ""
    opacity: float = 1.0


@dataclass(frozen=True)
class Note:
    """A word at a value; `anchor` as in `Word`."""

    at: Point
    text: str
    colour: str = "soft"
    anchor: str = "middle"
    size: float = TICK
    bold: bool = False


@dataclass(frozen=True)
class Panel:
    """Two axes and what stands on them.

    Attributes:
        title: over it; may be empty where it is the only one.
        x: axis to the right.
        y: axis upwards.
        content: drawn in this order.
        rules: values of x with a line across and what it says on top.
        grid: whether faint lines lead from ticks: of `x`, `y`, or both.
        slanted: whether names below x stand askew, to have room.
    """

    title: str
    x: Axis
    y: Axis
    content: Sequence[Line | Area | Note]
    rules: Sequence[tuple[float, str]] = ()
    grid: str = "y"
    slanted: bool = False


def draw_chart(
    name: str,
    title: str,
    panels: Sequence[Panel | None],
    *,
    size: tuple[float, float],
    columns: int = 0,
    key: Iterable[Line] = (),
    table: Table | None = None,
) -> Picture:
    """Draw panels side by side, row by row, below a title and a key.

    Args:
        name: of the picture's files.
        title: what there is to see.
        panels: in reading order; None leaves a place empty.
        size: width and height of what lies between the axes of a panel.
        columns: of panels; none puts all in one row.
        key: lines whose names are explained, each name once.
        table: the data; none writes down the named lines.
    """
    columns = columns or len(panels)
    lefts = [max(_left(one) for one in panels[i::columns] if one) for i in range(columns)]
    width = sum(lefts) + columns * (size[0] + GAP)
    marks, top = _draw_head(title, key, width)
    rows = [panels[i : i + columns] for i in range(0, len(panels), columns)]
    for row in rows:
        above = max(_above(panel, size[0]) for panel in row if panel)
        x = 0.0
        for left, panel in zip(lefts, row, strict=False):
            marks += _draw_panel(panel, (x + left, top + above), size) if panel else []
            x += left + size[0] + GAP
        top += above + size[1] + max(_below(panel) for panel in row if panel)
    data = table or _table([one for one in panels if one])
    return Picture(name, title, width, top, marks, data)


def _draw_head(title: str, key: Iterable[Line], width: float) -> tuple[list[Mark], float]:
    """Write title and key; where the panels begin below them."""
    marks: list[Mark] = []
    y = 14.0
    for text in textwrap.wrap(title, max(12, int(width / (HEAD * BOLD)))):
        marks.append(Word((0, y), text, HEAD, "ink", bold=True))
        y += 16
    named, y = write_key(key, y, width)
    return marks + named, y


def write_key(lines: Iterable[Line], y: float, width: float) -> tuple[list[Mark], float]:
    """Explain lines by their names, each name once, and say where the key ends."""
    marks: list[Mark] = []
    named = {one.name: one for one in lines}
    if not named:
        return marks, y
    x, y = 0.0, y + 2
    for line in named.values():
        wide = 26 + estimate_text_width(line.name, TICK) + 14
        if x and x + wide > width:
            x, y = 0.0, y + 15
        if line.width:
            ends = [(x, y - 4), (x + 20, y - 4)]
            marks.append(Shape(ends, stroke=line.colour, width=line.width, dash=line.dash))
        if line.dot or not line.width:
            marks.append(_dot(line, (x + 10, y - 4)))
        marks.append(Word((x + 26, y), line.name, TICK))
        x += wide
    return marks, y + 10


def _left(panel: Panel) -> float:
    ticks = max((estimate_text_width(text, TICK) for _, text in panel.y.ticks), default=0.0)
    return ticks + 10 + (16 if panel.y.label else 0)


def _above(panel: Panel, width: float) -> float:
    lines = _wrap(panel, width)
    return 8 + 14.0 * len(lines) + (13 if any(text for _, text in panel.rules) else 0)


def _wrap(panel: Panel, width: float) -> list[str]:
    return textwrap.wrap(panel.title, max(8, int((width + 20) / (TITLE * BOLD))))


def _below(panel: Panel) -> float:
    ticks = 18.0
    if panel.slanted:
        ticks = 10 + 0.75 * max(
            (estimate_text_width(text, TICK) for _, text in panel.x.ticks), default=0
        )
    return ticks + (18 if panel.x.label else 2) + 4


def _draw_panel(panel: Panel, corner: Point, size: tuple[float, float]) -> list[Mark]:
    left, top = corner
    right, floor = left + size[0], top + size[1]

    def place(point: Point) -> Point:
        return left + size[0] * panel.x.part(point[0]), floor - size[1] * panel.y.part(point[1])

    marks: list[Mark] = []
    for i, text in enumerate(_wrap(panel, size[0])[::-1]):
        up = 7 + (13 if any(words for _, words in panel.rules) else 0) + 14 * i
        marks.append(Word((left, top - up), text, TITLE, "ink", bold=True))
    marks += _draw_ticks(panel, corner, size)
    for one in panel.content:
        marks += _draw_shape(one, place, panel)
    marks.append(Shape([(left, floor), (right, floor)], stroke="faint"))
    for value, text in panel.rules:
        at = place((value, panel.y.low))[0]
        half = estimate_text_width(text, TICK) / 2
        marks.append(Shape([(at, top - 3), (at, floor)], stroke="ink", width=1.2, dash="3 3"))
        middle = min(max(at, left + half), right - half)
        marks.append(Word((middle, top - 6), text, TICK, "ink", "middle", bold=True))
    return marks


def _draw_ticks(panel: Panel, corner: Point, size: tuple[float, float]) -> list[Mark]:
    left, top = corner
    right, floor, marks = left + size[0], top + size[1], list[Mark]()
    taken = float("-inf")  # up to where words stand below x
    for value, text in panel.x.ticks:
        x = left + size[0] * panel.x.part(value)
        if "x" in panel.grid:
            marks.append(Shape([(x, top), (x, floor)], stroke="line"))
        anchor, turn = ("end", -45.0) if panel.slanted else ("middle", 0.0)
        half = 0.0 if panel.slanted else estimate_text_width(text, TICK) / 2
        if x - half > taken:
            marks.append(Word((x, floor + 14), text, TICK, anchor=anchor, turn=turn))
            taken = x + half + 5
    for value, text in panel.y.ticks:
        y = floor - size[1] * panel.y.part(value)
        if "y" in panel.grid:
            marks.append(Shape([(left, y), (right, y)], stroke="line"))
        marks.append(Word((left - 6, y + 3.5), text, TICK, anchor="end"))
    if panel.x.label:
        below = floor + _below(panel) - 8
        marks.append(Word(((left + right) / 2, below), panel.x.label, TICK, anchor="middle"))
    if panel.y.label:
        at = (left - _left(panel) + 11, (top + floor) / 2)
        marks.append(Word(at, panel.y.label, TICK, anchor="middle", turn=-90))
    return marks


def _draw_shape(one: Line | Area | Note, place: Place, panel: Panel) -> list[Mark]:
    if isinstance(one, Note):
        return [Word(place(one.at), one.text, one.size, one.colour, one.anchor, bold=one.bold)]
    if isinstance(one, Area):
        (x, y), (right, top) = place(one.start), place(one.end)
        corners = [(x, y), (right, y), (right, top), (x, top)]
        return [Shape(corners, one.colour, title=one.title, opacity=one.opacity)]
    marks: list[Mark] = []
    at = [place(point) for point in one.points]
    if one.width and len(at) > 1:
        marks.append(
            Shape(
                at, stroke=one.colour, width=one.width, dash=one.dash, opacity=one.opacity,
                title=one.title or one.name,
            )
        )  # fmt: skip
    if one.dot:
        says = [one.title or _describe_point(panel, point, one.name) for point in one.points]
        marks += [_dot(one, spot, text) for spot, text in zip(at, says, strict=True)]
    return marks


def _dot(line: Line, at: Point, title: str = "") -> Dot:
    fill, stroke = ("surface", line.colour) if line.ring else (line.colour, "")
    return Dot(at, line.dot or 3.5, fill, stroke, 1.5, line.opacity, title)


def _describe_point(panel: Panel, point: Point, name: str) -> str:
    text = f"{number(point[0])}: {number(point[1])}"
    return f"{name}, {text}" if name else text


def _table(panels: Sequence[Panel]) -> Table:
    """Write down the named lines, a few points of each."""
    rows = []
    for panel in panels:
        for line in panel.content:
            if isinstance(line, Line) and line.name:
                step = max(1, -(-len(line.points) // SAMPLES))
                there = [*line.points[:-1:step], line.points[-1]]
                rows += [(panel.title, line.name, number(x), number(y)) for x, y in there]
    first = panels[0]
    return Table(("panel", "line", first.x.label or "x", first.y.label or "y"), rows)
