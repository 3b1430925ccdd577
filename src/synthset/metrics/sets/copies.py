"""Memorisation and leakage: how near does each image come to a real one, and is that unusual?

Papers: Carlini et al. 2023, arXiv 2301.13188 (generated images against training images); Somepalli
et al. 2022, arXiv 2212.03860 (cosine in a copy-detection feature, above a threshold).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.errors import UsageError
from synthset.metrics.distances import CentredRows, kth_within, root
from synthset.metrics.features import Features, Scores, check_features, check_pair, normalise_rows
from synthset.metrics.sets.worth import find_nearest_real
from synthset.metrics.statistics.intervals import LEVEL, Interval, wilson


@dataclass(frozen=True, eq=False)
class MostAlike:
    """The real image that each image is most alike.

    Attributes:
        index: (M,) int64, row of the real set; the first of equally near ones.
        cosine: (M,) float64 in [-1, 1]; higher is more alike, 1 is a copy.
    """

    index: NDArray[np.int64]
    cosine: Scores


def find_most_alike(real: Features, generated: Features, device: str = "cpu") -> MostAlike:
    """Find the real image of highest cosine for each generated one, exactly.

    Args:
        real: (N, D) float32 or float64, no row all zero.
        generated: (M, D), no row all zero.
        device: where the products run; memory there is the features and O(block^2).

    Raises:
        UsageError: as `features.check_pair`, or a row without direction.
    """
    real, generated = check_pair(real, generated)
    found = find_nearest_real(
        normalise_rows(real, "real"), normalise_rows(generated, "generated"), device
    )
    return MostAlike(found.index, _cosine(found.distance))


def find_most_alike_within(features: Features, device: str = "cpu") -> Scores:
    """Find the highest cosine of each image with another one of its own set.

    Run on real images it says how alike two different photographs can be: what copies have to be
    told from. Leave out images that stand there twice, or they are their own copies.

    Args:
        features: (N, D) float32 or float64, N >= 2, no row all zero.
        device: where the products run.

    Returns:
        (N,) float64 in [-1, 1].

    Raises:
        UsageError: as `features.check_features`, or a row without direction.
    """
    unit = normalise_rows(check_features(features, "features", at_least=2), "features")
    rows = CentredRows.of(unit, unit.mean(axis=0, dtype=np.float64), device)
    return _cosine(root(kth_within(rows, 1)))


def share_above(cosine: Scores, threshold: float, level: float = LEVEL) -> Interval:
    """Share of images whose cosine is at least the threshold, with Wilson's interval.

    Args:
        cosine: (N,) of each image's most alike one, N >= 1.
        threshold: in (0, 1].
        level: of the interval, in (0, 1).

    Raises:
        UsageError: no images.
    """
    if not len(cosine):
        raise UsageError("cosine: found no images; a share needs at least one")
    return wilson(int((cosine >= threshold).sum()), len(cosine), level)


def _cosine(distance: Scores) -> Scores:
    """From the distance of two unit vectors."""
    cosine: Scores = np.clip(1 - distance**2 / 2, -1.0, 1.0)
    return cosine
