"""Which images a score of the set looks at together: those of a class with its real images, or all
with all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from synthset.encoders.feature_reader import FeatureReader
from synthset.metrics.features import Features
from synthset.metrics.sets.gaussian import Gaussian
from synthset.recipe.scores import FdInfluence, Neighbours


def iterate_groups(
    score: FdInfluence | Neighbours, reader: FeatureReader
) -> Iterator[tuple[NDArray[np.int64], Features, Features | Gaussian]]:
    """Give each group of records that have features.

    Yields:
        Their rows, their features, and those of the real images they belong to; a Gaussian where
        only statistics are stored.
    """
    features = reader.features(score.encoder)
    real = reader.real(score.reference, score.encoder)
    there = np.flatnonzero(~np.isnan(features[:, 0]))
    if isinstance(real, Gaussian):
        yield there, features[there], real
    elif score.within == "all":
        yield there, features[there], real.features
    else:
        labels = np.asarray(reader.records["label"], dtype=np.int64)[there]
        keys, names = reader.records["class_key"], reader.records["class_name"]
        for label in np.unique(labels):
            rows = there[labels == label]
            first = int(rows[0])
            mine = real.find_rows(keys[first].as_py(), names[first].as_py())
            yield rows, features[rows], real.features[mine]
