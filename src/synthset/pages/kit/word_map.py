"""A map of words as inline SVG: a circle for each class, coloured by its group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from synthset.pages.kit.map_labels import Label

WIDTH = 1120.0  # of the map, in its own units, which are pixels on most screens
SMALLEST = 2.4  # radius of a class of which nothing is recognised
LARGEST, ROOM = 26.0, 0.29  # radius of a class with all: at most, and as a share of its room
COLOURS = 12  # that the styles have
NO_GROUP = "in no group"
MOST = 1000  # classes on one map


@dataclass(frozen=True, slots=True)
class Circle:
    """One class on the map.

    Attributes:
        name: of the class.
        title: what pointing at it says.
        x: to the right.
        y: down.
        radii: one for each rule of what counts as recognised.
        shown: place in `radii` of the rule that is drawn.
        colour: of its group; -1 for none.
        hollow: whether nothing is recognised.
    """

    name: str
    title: str
    x: float
    y: float
    radii: Sequence[float]
    shown: int
    colour: int
    hollow: bool


def height_of(classes: int) -> float:
    """Height of a map of so many classes."""
    return float(np.clip(260 + 15 * np.sqrt(classes), 320, 760))


def largest_of(classes: int) -> float:
    """Radius of a class of which all is recognised, so that a full map does not overflow."""
    return float(min(LARGEST, ROOM * np.sqrt(WIDTH * height_of(classes) / max(classes, 1))))


def radius(share: float, largest: float) -> float:
    """Radius of a circle whose area grows with the share of images recognised."""
    return float(SMALLEST + (largest - SMALLEST) * np.sqrt(share))


def coloured(
    shown: Sequence[int], members: Mapping[str, Sequence[int]]
) -> tuple[list[str], list[int]]:
    """Give each class the first of its groups.

    >>> coloured([0, 1, 2], {"animal": [0, 2], "food": [2]})
    (['animal'], [0, -1, 0])

    Args:
        shown: labels of the classes on the map.
        members: group -> labels of its classes.

    Returns:
        The names of the groups that are used, and for each class its place among them, or -1.
    """
    first: dict[int, str] = {}
    for name, labels in members.items():
        for label in labels:
            first.setdefault(label, name)
    used = {first[label] for label in shown if label in first}
    groups = [name for name in members if name in used]
    return groups, [groups.index(first[label]) if label in first else -1 for label in shown]


def colour_class(place: int) -> str:
    """The style of a group's colour."""
    return "g-none" if place < 0 else f"g-{place % COLOURS}"


def map_svg(circles: Sequence[Circle], labels: Sequence[Label], height: float) -> Markup:
    """Draw the map; a circle without any image recognised is hollow."""
    parts = []
    for place, one in enumerate(circles):
        style = colour_class(one.colour) + (" hollow" if one.hollow else "")
        sizes = " ".join(f"{size:.1f}" for size in one.radii)
        parts.append(
            f'<circle class="{style}" data-i="{place}" data-r="{sizes}" '
            f'data-class="{escape(one.name)}" cx="{one.x:.1f}" cy="{one.y:.1f}" '
            f'r="{one.radii[one.shown]:.1f}"><title>{escape(one.title)}</title></circle>'
        )
    for label in labels:
        style = f"group {colour_class(label.colour)}" if label.is_group else "word"
        parts.append(
            f'<text class="{style}" x="{label.x:.1f}" y="{label.y:.1f}" text-anchor="middle">'
            f"{escape(label.text)}</text>"
        )
    return Markup(
        f'<svg class="map" viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" '
        f'aria-label="Map of {len(circles)} classes">{"".join(parts)}</svg>'
    )
