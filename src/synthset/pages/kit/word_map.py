"""A map of words: a circle for each class, coloured by its group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synthset.pages.kit.chart import HEAD, TICK
from synthset.pages.kit.map_labels import GROUP_PX, WORD_PX, MapLabel
from synthset.pages.kit.palette import name_series_colour
from synthset.pages.kit.picture import Dot, Mark, Picture, Table, Word, estimate_text_width

WIDTH = 1120.0  # of the map, in its own units, which are pixels on most screens
SMALLEST = 2.4  # radius of a class of which nothing is recognised
LARGEST, ROOM = 26.0, 0.29  # radius of a class with all: at most, and as a share of its room
NO_GROUP = "in no group"
MOST = 1000  # classes on one map


@dataclass(frozen=True, slots=True)
class Circle:
    """One class on the map.

    Attributes:
        name: of the class.
        recognised: how many of its images, such as `3 of 8`.
        x: to the right.
        y: down.
        radii: one for each rule of what counts as recognised.
        shown: place in `radii` of the rule that is drawn.
        colour: of its group; -1 for none.
        hollow: whether nothing is recognised.
    """

    name: str
    recognised: str
    x: float
    y: float
    radii: Sequence[float]
    shown: int
    colour: int
    hollow: bool


def choose_height(classes: int) -> float:
    """Height of a map of so many classes."""
    return float(np.clip(260 + 15 * np.sqrt(classes), 320, 760))


def choose_largest_radius(classes: int) -> float:
    """Radius of a class of which all is recognised, so that a full map does not overflow."""
    return float(min(LARGEST, ROOM * np.sqrt(WIDTH * choose_height(classes) / max(classes, 1))))


def compute_radius(share: float, largest: float) -> float:
    """Radius of a circle whose area grows with the share of images recognised."""
    return float(SMALLEST + (largest - SMALLEST) * np.sqrt(share))


def colour_classes(
    shown: Sequence[int], members: Mapping[str, Sequence[int]]
) -> tuple[list[str], list[int]]:
    """Give each class the first of its groups.

    >>> colour_classes([0, 1, 2], {"animal": [0, 2], "food": [2]})
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


def map_picture(
    title: str,
    circles: Sequence[Circle],
    labels: Sequence[MapLabel],
    height: float,
    groups: Sequence[str],
    note: str = "",
    *,
    key: bool = True,
) -> Picture:
    """Draw the map; a circle without any image recognised is hollow.

    Args:
        title: what there is to see.
        circles: classes.
        labels: words on the map.
        height: of the map itself.
        groups: names of the groups, in the order of their colours.
        note: a line below the title.
        key: whether the colours of groups are explained, where nothing beside the map does so.
    """
    marks: list[Mark] = [Word((0, 14), title, HEAD, "ink", bold=True)]
    marks += [Word((0, 30), note, TICK)] if note else []
    top = 40.0 if note else 24.0
    if key:
        named, lines = _key(circles, groups, top + 6)
        marks, top = marks + named, top + 16.0 * lines + 4
    for place, one in enumerate(circles):
        colour = name_series_colour(one.colour)
        data = {"i": str(place), "class": one.name, "group": colour}
        data |= {"r": " ".join(f"{size:.1f}" for size in one.radii)} if one.radii[1:] else {}
        fill, stroke = ("", colour) if one.hollow else (colour, "surface")
        says = f"{one.name}: {one.recognised}"
        at, size = (one.x, one.y + top), one.radii[one.shown]
        marks.append(Dot(at, size, fill, stroke, opacity=0.8, title=says, data=data))
    for label in labels:
        at, px = (label.x, label.y + top), GROUP_PX if label.is_group else WORD_PX
        colour = name_series_colour(label.colour) if label.is_group else "ink"
        data = {"group": colour} if label.is_group else {}
        marks.append(
            Word(at, label.text, px, colour, "middle", bold=label.is_group, halo=True, data=data)
        )
    rows = [(one.name, _group(one, groups), one.recognised) for one in circles]
    table = Table(("class", "group", "images recognised"), rows)
    return Picture("map", title, WIDTH, height + top, marks, table, "map")


def _key(circles: Sequence[Circle], groups: Sequence[str], top: float) -> tuple[list[Mark], int]:
    """Explain the colours, and say on how many lines."""
    places = [*range(len(groups)), *([-1] if any(one.colour < 0 for one in circles) else [])]
    marks, x, lines = list[Mark](), 0.0, 1 if places else 0
    for place in places:
        text = groups[place] if place >= 0 else NO_GROUP
        wide = 30 + estimate_text_width(text, TICK)
        if x and x + wide > WIDTH:
            x, lines = 0.0, lines + 1
        y = top + 16 * (lines - 1)
        marks += [
            Dot((x + 6, y - 3.5), 5, name_series_colour(place)),
            Word((x + 16, y), text, TICK),
        ]
        x += wide
    return marks, lines


def _group(one: Circle, groups: Sequence[str]) -> str:
    return groups[one.colour] if one.colour >= 0 else NO_GROUP
