"""What the Fréchet distance of the set owes to each of its images."""

from __future__ import annotations

import numpy as np

from synthset.encoders.feature_reader import FeatureReader
from synthset.metrics.features import Scores
from synthset.metrics.sets.gaussian import Gaussian, gaussian
from synthset.metrics.sets.influence import fd_influence
from synthset.recipe.scores import FdInfluence
from synthset.scores.groups import iterate_groups

FEWEST = 3  # images that one can be left out of


def score_set(settings: FdInfluence, reader: FeatureReader) -> dict[str, Scores]:
    """Leave each image out; NaN where it has no features, or too few lie beside it."""
    values = np.full(len(reader.records), np.nan)
    for rows, features, real in iterate_groups(settings, reader):
        if len(features) >= FEWEST and (isinstance(real, Gaussian) or len(real) > 1):
            goal = real if isinstance(real, Gaussian) else gaussian(real)
            values[rows] = fd_influence(goal, features)
    return {settings.prefix: values}
