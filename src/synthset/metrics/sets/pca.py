"""Principal axes of a reference: a few fixed directions in which small sets can be compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from synthset.errors import UsageError
from synthset.metrics.features import Features, check_features, cut_spans


@dataclass(frozen=True, eq=False)
class PrincipalAxes:
    """The directions of largest variance of a reference set.

    Attributes:
        mean: (D,) float64, the reference's.
        basis: (D, C) float64, orthonormal columns, largest variance first; the sign of each column
            is fixed (its largest entry is positive), so that two runs agree.
        variances: (C,) float64, descending, unbiased.
    """

    mean: NDArray[np.float64]
    basis: NDArray[np.float64]
    variances: NDArray[np.float64]

    def project(self, features: Features) -> NDArray[np.float64]:
        """Coordinates along the axes, (N, C) float64, from (N, D) float32 or float64."""
        features = check_features(features, "features")
        if features.shape[1] != len(self.mean):
            raise UsageError(
                f"features has {features.shape[1]} columns; these axes need {len(self.mean)}"
            )
        coordinates: NDArray[np.float64] = (features - self.mean) @ self.basis
        return coordinates


def find_principal_axes(features: Features, components: int) -> PrincipalAxes:
    """Find the directions in which a reference varies most.

    Args:
        features: (N, D) float32 or float64; with fewer images than features the (N, N) side is
            used.
        components: how many, at most min(N - 1, D).

    Returns:
        Mean, basis and variances, float64.

    Raises:
        UsageError: as `features.check_features`, or more components than there are.
    """
    features = check_features(features, "features", at_least=2)
    count, width = features.shape
    if not 1 <= components <= min(count - 1, width):
        raise UsageError(
            f"components: found {components}; {count} images of {width} features have between 1 "
            f"and {min(count - 1, width)}"
        )
    mean = features.mean(axis=0, dtype=np.float64)
    if count > width:
        values, basis = _leading(_scatter(features, mean), components)
    else:
        centred = features - mean
        values, sides = _leading(centred @ centred.T, components)  # (N, C)
        basis, _ = np.linalg.qr(
            centred.T @ sides
        )  # (D, C); qr also completes axes without variance
    signs = np.sign(basis[np.abs(basis).argmax(axis=0), np.arange(components)])
    return PrincipalAxes(mean, basis * signs, np.maximum(values, 0.0) / (count - 1))


def _scatter(features: Features, mean: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.zeros((len(mean), len(mean)))
    for span in cut_spans(len(features)):
        centred = features[span] - mean
        total += centred.T @ centred
    return total


def _leading(
    symmetric: NDArray[np.float64], components: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Largest eigenvalues, descending, and their vectors as columns."""
    size = len(symmetric)
    values, vectors = scipy.linalg.eigh(symmetric, subset_by_index=(size - components, size - 1))
    return values[::-1], vectors[:, ::-1]
