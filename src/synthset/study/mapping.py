"""Puts the classes of a study on a map of words."""

from __future__ import annotations

import numpy as np

from synthset.pages.kit.map_labels import WORD_PX, gap_of, labels
from synthset.pages.kit.word_map import MOST, WIDTH, coloured, height_of, largest_of, radius
from synthset.pages.study.study_charts import Map
from synthset.results.dataset.finished_records import spread
from synthset.results.recognition import Study
from synthset.study.layout import Method, layout
from synthset.study.words import word_features
from synthset.taxonomy.groups import Grouping


def mapped(study: Study, grouping: Grouping, method: Method = "auto", seed: int = 0) -> Map:
    """Place the classes that the classifier can know; of more than a thousand, evenly drawn ones.

    Args:
        study: what was found.
        grouping: of the dataset's classes.
        method: as for `layout`.
        seed: of the layout.
    """
    judged = study.judged
    shown = [judged[i] for i in spread(np.arange(len(judged)), MOST)]
    words = word_features([one.entry for one in shown])
    size, largest = (WIDTH, height_of(len(shown))), largest_of(len(shown))
    radii = np.array([radius(one.share(study.by), largest) for one in shown])
    above = (size[0], size[1] - 1.5 * WORD_PX)  # room for the names of the lowest circles
    placed = layout(words.features, radii, above, method, seed, gap_of(len(shown)))
    groups, colours = coloured([one.label for one in shown], grouping.members)
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
        of=len(judged),
    )
