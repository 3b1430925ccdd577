"""What the Inception Score of the set owes to each of its images."""

from __future__ import annotations

import numpy as np

from synthset.encoders.feature_reader import FeatureReader
from synthset.metrics.features import Scores, softmax
from synthset.metrics.sets.influence import is_influence
from synthset.recipe.scores import IsContribution

FEWEST = 3  # images that one can be left out of


def score_set(settings: IsContribution, reader: FeatureReader) -> dict[str, Scores]:
    """Leave each image out; NaN where it has no logits, or too few lie beside it."""
    logits = reader.features(settings.encoder, "logits")
    values, rows = np.full(len(logits), np.nan), np.flatnonzero(~np.isnan(logits[:, 0]))
    if len(rows) >= FEWEST:
        values[rows] = is_influence(softmax(logits[rows]))
    return {settings.prefix: values}
