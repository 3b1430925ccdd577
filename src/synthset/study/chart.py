"""Pictures of the study's page as inline SVG, coloured by its styles: map, histogram, intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from synthset.metrics.sets.recognition import RecognisedOfN
from synthset.metrics.statistics.intervals import Interval
from synthset.pages.kit.map_labels import Label
from synthset.pages.kit.word_map import Circle, radius
from synthset.study.recognition import RULES, ClassResult, Rule

BAR, HIGH, FLOOR = 34, 170, 142  # of the histogram: a bar, its height, where its axis lies
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
    labels: Sequence[Label]
    how: str
    of: int


def circles(drawn: Map, by: Rule) -> list[Circle]:
    """What stands on the map, with a radius for each rule."""
    return [
        Circle(
            name=one.entry.name,
            title=f"{one.entry.name}: {one.counts[by]} of {one.images}",
            x=x,
            y=y,
            radii=[_radius(one, rule, drawn.largest) for rule in RULES],
            shown=list(RULES).index(by),
            colour=colour,
            hollow=not one.share(by),
        )
        for one, (x, y), colour in zip(drawn.shown, drawn.points, drawn.colours, strict=True)
    ]


def bars(found: RecognisedOfN) -> Markup:
    """Draw the histogram: a bar for 0, 1, … n recognised, its height the number of classes."""
    names = [str(i) for i in range(found.each + 1)] if found.each else TENTHS
    counts = found.histogram
    width = BAR if len(counts) <= 26 else max(6, 900 // len(counts))
    tallest, drawn = int(counts.max()) or 1, []
    for i, (name, count) in enumerate(zip(names, counts.tolist(), strict=True)):
        x, high = i * width + 4, (FLOOR - 18) * count / tallest
        drawn.append(
            f'<rect class="kept" x="{x}" y="{FLOOR - high:.1f}" width="{width - 4}" '
            f'height="{high:.1f}" rx="2"><title>{name}: {count} classes</title></rect>'
        )
        middle = x + (width - 4) / 2
        if width >= BAR:
            drawn.append(_tick(middle, FLOOR - high - 5, str(count)))
        if width >= BAR or i % 10 == 0:
            drawn.append(_name(middle, name, slanted=not found.each))
    wide = len(counts) * width + 8
    drawn.append(f'<path class="axis" d="M0 {FLOOR}.5H{wide}"/>')
    label = "Classes by images recognised"
    return Markup(
        f'<svg class="histogram" viewBox="0 0 {wide} {HIGH}" style="max-width:{wide}px" '
        f'role="img" aria-label="{label}">{"".join(drawn)}</svg>'
    )


def interval_bar(interval: Interval) -> Markup:
    """Draw a share and its interval on a line from 0 to 1."""

    def at(share: float) -> str:
        return f"{2 + 96 * share:.2f}%"

    return Markup(
        '<svg class="strip" aria-hidden="true"><line class="axis" x1="0" x2="100%" y1="8" y2="8"/>'
        f'<line class="gain" x1="{at(interval.low)}" x2="{at(interval.high)}" y1="8" y2="8"/>'
        f'<circle class="kept" cx="{at(interval.value)}" cy="8" r="4.6"/></svg>'
    )


def _radius(one: ClassResult, rule: Rule, largest: float) -> float:
    return radius(one.share(rule), largest) if one.judged(rule) else 0.0


def _tick(x: float, y: float, text: str) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{text}</text>'


def _name(x: float, text: str, slanted: bool) -> str:
    if not slanted:
        return _tick(x, FLOOR + 15, text)
    place = f"translate({x + 4:.1f} {FLOOR + 11}) rotate(-28)"
    return f'<text class="tick" transform="{place}" text-anchor="end">{escape(text)}</text>'
