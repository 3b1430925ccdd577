"""Puts the classes of a study on a map of words."""

from __future__ import annotations

import numpy as np

from synthset.pages.kit.map_labels import WORD_PX, choose_gap, place_labels
from synthset.pages.kit.word_map import (
    MOST,
    WIDTH,
    choose_height,
    choose_largest_radius,
    colour_classes,
    compute_radius,
)
from synthset.pages.study.study_charts import Map
from synthset.results.dataset.finished_records import take_evenly
from synthset.results.recognition import Study
from synthset.study.layout import Method, place_vectors
from synthset.study.words import encode_words
from synthset.taxonomy.groups import Grouping


def place_classes(study: Study, grouping: Grouping, method: Method = "auto", seed: int = 0) -> Map:
    """Place the classes that the classifier can know; of more than a thousand, evenly drawn ones.

    Args:
        study: what was found.
        grouping: of the dataset's classes.
        method: as for `place_vectors`.
        seed: of the layout.
    """
    judged = study.judged
    shown = [judged[i] for i in take_evenly(np.arange(len(judged)), MOST)]
    words = encode_words([one.entry for one in shown])
    size, largest = (WIDTH, choose_height(len(shown))), choose_largest_radius(len(shown))
    radii = np.array([compute_radius(one.share(study.by), largest) for one in shown])
    above = (size[0], size[1] - 1.5 * WORD_PX)  # room for the names of the lowest circles
    placed = place_vectors(words.features, radii, above, method, seed, choose_gap(len(shown)))
    groups, colours = colour_classes([one.label for one in shown], grouping.members)
    names = [one.entry.name for one in shown]
    return Map(
        shown=shown,
        points=placed.points,
        height=size[1],
        largest=largest,
        colours=colours,
        groups=groups,
        labels=place_labels(names, placed.points, radii, colours, groups, size),
        how=f"placed by {words.how}; {placed.how}",
        of=len(judged),
    )
