"""Pictures of the study: its map, the histogram of its classes, intervals in rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from synthset.metrics.sets.recognition import RecognisedOfN
from synthset.metrics.statistics.intervals import Interval
from synthset.pages.kit.axes import Axis, make_linear_axis
from synthset.pages.kit.chart import Area, Panel, draw_chart
from synthset.pages.kit.map_labels import MapLabel
from synthset.pages.kit.numbers import count
from synthset.pages.kit.picture import Picture, Table
from synthset.pages.kit.row_chart import Bar, Spot, draw_row
from synthset.pages.kit.word_map import Circle, compute_radius, map_picture
from synthset.results.recognition import RULES, ClassResult, Rule

MOST = 26  # bars that have a name each
TENTHS = ["none", *(f"{10 * i}–{10 * i + 10} %" for i in range(10)), "all"]


@dataclass(frozen=True, eq=False)
class Map:
    """Classes on a plane.

    Attributes:
        shown: the classes, in the order of `points`.
        points: (K, 2) within width and height.
        height: of the map; its width is `WIDTH`.
        largest: radius of a class of which all is recognised.
        colours: (K,) place of each class's group in `groups`, the first of several; -1 for none.
        groups: names of the groups that have a class here, in the order of their colours.
        labels: words on the map.
        how: how the classes were placed, in words.
        of: how many classes there are in all.
    """

    shown: Sequence[ClassResult]
    points: NDArray[np.float64]
    height: float
    largest: float
    colours: Sequence[int]
    groups: Sequence[str]
    labels: Sequence[MapLabel]
    how: str
    of: int


def make_circles(drawn: Map, by: Rule) -> list[Circle]:
    """What stands on the map, with a radius for each rule."""
    return [
        Circle(
            name=one.entry.name,
            recognised=f"{one.counts[by]} of {one.images}",
            x=x,
            y=y,
            radii=[_radius(one, rule, drawn.largest) for rule in RULES],
            shown=list(RULES).index(by),
            colour=colour,
            hollow=not one.share(by),
        )
        for one, (x, y), colour in zip(drawn.shown, drawn.points, drawn.colours, strict=True)
    ]


def map_of(drawn: Map, by: Rule, title: str, *, key: bool) -> Picture:
    """Draw the map for the page or, with a key of the groups, as a file."""
    note = (
        f"{RULES[by]}; the area of a circle is the share of images recognised; hollow circles "
        "have none"
    )
    found = make_circles(drawn, by)
    note = f"{note}; {drawn.how}" if key else ""
    return map_picture(title, found, drawn.labels, drawn.height, drawn.groups, note, key=key)


def draw_recognised_chart(found: RecognisedOfN) -> Picture:
    """Draw the histogram: a bar for 0, 1, … n recognised, its height the number of classes."""
    names = [str(i) for i in range(found.each + 1)] if found.each else TENTHS
    counts = found.histogram.tolist()
    areas = [
        Area((i - 0.4, 0), (i + 0.4, n), "kept", f"{name}: {count(n)} classes")
        for i, (name, n) in enumerate(zip(names, counts, strict=True))
    ]
    every = max(1, len(names) // MOST)
    x = Axis(
        "images recognised" if found.each else "share of images recognised",
        -0.6, len(names) - 0.4, list(enumerate(names))[::every],
    )  # fmt: skip
    y = make_linear_axis("classes", counts, zero=True)
    rows = [(name, count(n)) for name, n in zip(names, counts, strict=True)]
    of = f"of {found.each}" if found.each else ""
    title = f"Classes by how many of their images are recognised {of}".strip()
    panel = Panel("", x, y, areas, slanted=not found.each)
    size = (min(900.0, 34.0 * len(names)), 130.0)
    table = Table(("images recognised", "classes"), rows)
    return draw_chart("recognised", title, [panel], size=size, table=table)


def draw_interval_row(found: Interval) -> Markup:
    """Draw a share and its interval on a line from 0 to 1."""
    marks = (Bar(found.low, found.high, "passed", thick=0.13), Spot(found.value, "kept"))
    return draw_row(marks, 0.0, 1.0)


def _radius(one: ClassResult, rule: Rule, largest: float) -> float:
    return compute_radius(one.share(rule), largest) if one.can_be_judged(rule) else 0.0
