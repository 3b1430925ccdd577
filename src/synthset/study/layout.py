"""Vectors of many numbers on a plane: neighbours stay neighbours, circles don't hide each other."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synthset.errors import UsageError
from synthset.metrics.statistics.plane import Points, fit_points, project_principal, push_apart

Method = Literal["auto", "umap", "pca"]

FEWEST = 30  # classes below which UMAP's neighbourhoods say less than two principal components
NEIGHBOURS = 15
MIN_DIST = 0.3


@dataclass(frozen=True, eq=False)
class Placement:
    """Where everything stands.

    Attributes:
        points: (K, 2) x to the right and y down, within the width and height asked for. The axes
            have no unit.
        how: by which method, in words.
    """

    points: Points
    how: str


def place_vectors(
    features: NDArray[np.float32],
    radii: NDArray[np.float64],
    size: tuple[float, float],
    method: Method = "auto",
    seed: int = 0,
    gap: float = 1.0,
) -> Placement:
    """Place K vectors on a plane.

    Args:
        features: (K, D).
        radii: (K,) of the circles drawn there, in units of the map.
        size: width and height of the map.
        method: `umap` (McInnes et al. 2018, arXiv 1802.03426), `pca` (the first two principal
            components), or `auto`: UMAP for 30 classes and more where umap-learn is installed.
        seed: of UMAP; the same seed gives the same map on the same machine.
        gap: between circles, in units of the map.

    Raises:
        UsageError: UMAP is asked for, and is not installed or has too few classes.
    """
    there = find_spec("umap") is not None
    if method == "umap" and (not there or len(features) < 4):
        right = "pip install 'synthset[map]'" if not there else "use --layout pca"
        why = "umap-learn is not installed" if not there else f"{len(features)} classes are too few"
        raise UsageError(f"--layout umap: {why}; {right}")
    if method == "auto":
        method = "umap" if there and len(features) >= FEWEST else "pca"
    flat = _umap(features, seed) if method == "umap" else project_principal(features)
    how = f"UMAP, seed {seed}" if method == "umap" else "the first two principal components"
    points = fit_points(project_principal(flat), radii, size)
    return Placement(push_apart(points, radii, size, gap), how)


def _umap(features: NDArray[np.float32], seed: int) -> Points:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # umap-learn speaks of TensorFlow, which nobody asked for
        import umap  # slow: compiles itself when first used

        fit = umap.UMAP(
            n_neighbors=min(NEIGHBOURS, len(features) - 1),
            min_dist=MIN_DIST,
            metric="cosine",
            random_state=seed,
            n_jobs=1,
        )
        return np.asarray(fit.fit_transform(features), dtype=np.float64)  # (K, 2)
