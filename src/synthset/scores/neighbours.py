"""Where each image lies among the real ones."""

from __future__ import annotations

import numpy as np

from synthset.encoders.feature_reader import FeatureReader
from synthset.metrics.features import Scores
from synthset.metrics.sets.gaussian import Gaussian
from synthset.metrics.sets.prdc import find_neighbourhoods
from synthset.metrics.sets.worth import typicality
from synthset.recipe.scores import Neighbours
from synthset.scores.groups import iterate_groups


def score_set(settings: Neighbours, reader: FeatureReader) -> dict[str, Scores]:
    """Compare each image with its neighbours; NaN where it has no features, or too few lie beside
    it."""
    columns = {name: np.full(len(reader.records), np.nan) for name in settings.columns}
    for rows, features, real in iterate_groups(settings, reader):
        assert not isinstance(real, Gaussian)
        if min(len(features), len(real)) <= settings.k:
            continue
        found = find_neighbourhoods(real, features, settings.k)
        values = (
            found.balls_around / settings.k,
            found.covers,
            found.nearest_real_distance,
            typicality(real, features, settings.k),
        )
        for name, value in zip(columns, values, strict=True):
            columns[name][rows] = value
    return columns
