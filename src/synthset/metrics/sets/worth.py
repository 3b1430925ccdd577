"""What is one image worth, seen from the real ones around it?

How deep in the real neighbourhoods an image lies and which real images it covers is in
`prdc.find_neighbourhoods`; what the set's metrics owe it is in `influence`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.errors import UsageError
from synthset.metrics.distances import (
    CentredRows,
    Nearest,
    kth_across,
    kth_within,
    root,
    walk_blocks,
)
from synthset.metrics.features import Features, Scores, check_pair
from synthset.metrics.sets.prdc import K


@dataclass(frozen=True, eq=False)
class NearestReal:
    """The real image that looks most alike.

    Attributes:
        index: (M,) int64, row of the real set; the first of equally near ones.
        distance: (M,) float64, Euclidean, in feature units. Far too small is a copy, far too large
            is nothing that the real set knows: `typicality` says which distances are usual.
    """

    index: NDArray[np.int64]
    distance: Scores


def find_nearest_real(real: Features, generated: Features, device: str = "cpu") -> NearestReal:
    """Find each generated image's nearest real one, exactly.

    Args:
        real: (N, D) float32 or float64.
        generated: (M, D).
        device: where the products run; memory there is the features and O(block^2).

    Returns:
        Index and distance for each generated image.

    Raises:
        UsageError: as `features.check_pair`.
    """
    real, generated = check_pair(real, generated)
    centre = real.mean(axis=0, dtype=np.float64)
    rows = CentredRows.of(generated, centre, device)
    nearest = Nearest(rows)
    for at, among, distances in walk_blocks(rows, CentredRows.of(real, centre, device)):
        squared, index = distances.min(dim=1)
        nearest.see(squared, index + among.start, at)
    return NearestReal(nearest.indices(), nearest.distances())


def typicality(real: Features, generated: Features, k: int = K, device: str = "cpu") -> Scores:
    """How usual would this image be among the real ones?

    The share of real images that lie at least as far from their own k-th real neighbour as this
    image lies from its k-th real one. For real images that were held out it is spread evenly over
    (0, 1], so it reads as a p-value: below 0.05 lies farther out than 95 % of the real ones.
    (A conformal p-value; Vovk et al. 2005. A copy of a real image is very typical: see
    `find_nearest_real` for those.)

    Args:
        real: (N, D) float32 or float64, N > k.
        generated: (M, D).
        k: which neighbour.
        device: where the products run.

    Returns:
        (M,) float64 in (0, 1]; higher is more typical.

    Raises:
        UsageError: as `features.check_pair`, or k out of range.
    """
    real, generated = check_pair(real, generated)
    if not 1 <= k < len(real):
        raise UsageError(
            f"k: found {k}; with {len(real)} real images, it must be 1 to {len(real) - 1}"
        )
    centre = real.mean(axis=0, dtype=np.float64)
    real_rows = CentredRows.of(real, centre, device)
    usual = np.sort(root(kth_within(real_rows, k)))  # (N,)
    found = root(kth_across(CentredRows.of(generated, centre, device), real_rows, k))  # (M,)
    as_far = len(real) - np.searchsorted(usual, found, side="left")  # (M,)
    shares: Scores = (as_far + 1) / (len(real) + 1)
    return shares
