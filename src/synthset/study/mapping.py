"""Puts the classes of a study on a map of words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synthset.study.chart import WIDTH, Map, height_of, largest_of, radius
from synthset.study.labels import WORD_PX, labels
from synthset.study.layout import Method, layout
from synthset.study.recognition import ClassResult, Study
from synthset.study.words import word_features
from synthset.taxonomy.groups import Grouping

MOST = 1000  # classes on one map


def mapped(study: Study, grouping: Grouping, method: Method = "auto", seed: int = 0) -> Map:
    """Place the classes that the classifier can know; of more than a thousand, evenly drawn ones.

    Args:
        study: what was found.
        grouping: of the dataset's classes.
        method: as for `layout`.
        seed: of the layout.
    """
    shown = spread(study.judged, MOST)
    words = word_features([one.entry for one in shown])
    size, largest = (WIDTH, height_of(len(shown))), largest_of(len(shown))
    radii = np.array([radius(one.share(study.by), largest) for one in shown])
    above = (size[0], size[1] - 1.5 * WORD_PX)  # room for the names of the lowest circles
    placed = layout(words.features, radii, above, method, seed)
    groups, colours = coloured(shown, grouping)
    names = [one.entry.name for one in shown]
    return Map(
        shown=shown,
        points=placed.points,
        height=size[1],
        largest=largest,
        colours=colours,
        groups=groups,
        labels=labels(names, placed.points, radii, colours, groups, size),
        how=f"placed by {words.how}; {placed.how}",
        of=len(study.judged),
    )


def coloured(shown: Sequence[ClassResult], grouping: Grouping) -> tuple[list[str], list[int]]:
    """Give each class the first of its groups.

    Returns:
        The names of the groups that are used, and for each class its place among them, or -1.
    """
    first: dict[int, str] = {}
    for name, members in grouping.members.items():
        for label in members:
            first.setdefault(label, name)
    used = {first[one.label] for one in shown if one.label in first}
    groups = [name for name in grouping.members if name in used]
    return groups, [groups.index(first[one.label]) if one.label in first else -1 for one in shown]


def spread(classes: Sequence[ClassResult], most: int) -> list[ClassResult]:
    """Take at most so many, evenly over all."""
    if len(classes) <= most:
        return list(classes)
    return [classes[i * len(classes) // most] for i in range(most)]
