"""Words on the map: the groups where they are densest, then class names as far as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GROUP_PX, WORD_PX = 15.0, 9.5  # size of the letters
LETTER = 0.56  # mean width of a letter, as a share of its size
LONGEST = 26  # letters of a class name
MANY = 40  # classes from which on groups are named on the map
ROOM_PX = (16.0, 7.0)  # around a class name that lies on circles


@dataclass(frozen=True, slots=True)
class MapLabel:
    """A word on the map, around (x, y): the middle of its base line.

    Attributes:
        text: what it says.
        x: to the right.
        y: down.
        is_group: whether it names a group.
        colour: of the group; -1 for a class.
    """

    text: str
    x: float
    y: float
    is_group: bool
    colour: int = -1


Box = tuple[float, float, float, float]  # left, top, right, bottom


def choose_gap(classes: int) -> float:
    """Room between circles: where classes are few, a name fits under each."""
    return 1.6 * WORD_PX if classes < MANY else 1.0


def place_labels(
    names: Sequence[str],
    points: NDArray[np.float64],
    radii: NDArray[np.float64],
    colours: Sequence[int],
    groups: Sequence[str],
    size: tuple[float, float],
) -> list[MapLabel]:
    """Choose words that hide no other word.

    Class names stand first where they hide no circle, then, few and far between, on circles.

    Args:
        names: of K classes.
        points: (K, 2) of their circles.
        radii: (K,).
        colours: (K,) place of each class's group in `groups`.
        groups: names of the groups.
        size: width and height of the map.
    """
    taken: list[Box] = []
    found: list[MapLabel] = []
    for colour, text in enumerate(groups):
        mine = points[np.array(colours) == colour]
        if len(names) < MANY or not len(mine):
            continue
        for x, y in mine[_sort_from_middle(mine)]:
            box = _box(text, x, y + GROUP_PX / 3, GROUP_PX, size)
            if not any(_do_meet(box, other) for other in taken):
                taken.append(box)
                found.append(MapLabel(text, (box[0] + box[2]) / 2, box[3], True, colour))
                break
    circles = np.concatenate([points - radii[:, None], points + radii[:, None]], axis=1)
    named: set[int] = set()
    for room in ((0.0, 0.0), ROOM_PX):
        for i in np.argsort(-radii, kind="stable").tolist():
            text = names[i] if len(names[i]) <= LONGEST else names[i][: LONGEST - 1] + "…"
            box = _box(text, points[i, 0], points[i, 1] + radii[i] + WORD_PX, WORD_PX, size)
            hides = not any(room) and _meets_any(box, circles)
            if i in named or hides or any(_do_meet(_widen(box, room), other) for other in taken):
                continue
            named.add(i)
            taken.append(box)
            found.append(MapLabel(text, (box[0] + box[2]) / 2, box[3], False))
    return found


def _widen(box: Box, room: tuple[float, float]) -> Box:
    return box[0] - room[0], box[1] - room[1], box[2] + room[0], box[3] + room[1]


def _sort_from_middle(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Order points by their median distance to all others, the smallest first."""
    far = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))
    order: NDArray[np.int64] = np.argsort(np.median(far, axis=1), kind="stable")
    return order


def _box(text: str, x: float, y: float, px: float, size: tuple[float, float]) -> Box:
    """The room of a word, moved within the map; (x, y) is the middle of its base line."""
    half = len(text) * px * LETTER / 2
    x = float(np.clip(x, half, max(half, size[0] - half)))
    y = float(np.clip(y, px, size[1] - 2))
    return x - half, y - px * 0.8, x + half, y


def _do_meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _meets_any(box: Box, circles: NDArray[np.float64]) -> bool:
    left, top, right, bottom = circles.T
    return bool(((left < box[2]) & (box[0] < right) & (top < box[3]) & (box[1] < bottom)).any())
