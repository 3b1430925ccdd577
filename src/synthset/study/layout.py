"""Vectors of many numbers on a plane: neighbours stay neighbours, circles don't hide each other."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synthset.errors import UsageError

Method = Literal["auto", "umap", "pca"]
Points = NDArray[np.float64]

FEWEST = 30  # classes below which UMAP's neighbourhoods say less than two principal components
NEIGHBOURS = 15
MIN_DIST = 0.3
ROUNDS = 60  # of pushing circles apart
GAP = 1.0  # between circles, in units of the map


@dataclass(frozen=True, eq=False)
class Layout:
    """Where everything stands.

    Attributes:
        points: (K, 2) x to the right and y down, within the width and height asked for. The axes
            have no unit.
        how: by which method, in words.
    """

    points: Points
    how: str


def layout(
    features: NDArray[np.float32],
    radii: NDArray[np.float64],
    size: tuple[float, float],
    method: Method = "auto",
    seed: int = 0,
) -> Layout:
    """Place K vectors on a plane.

    Args:
        features: (K, D).
        radii: (K,) of the circles drawn there, in units of the map.
        size: width and height of the map.
        method: `umap` (McInnes et al. 2018, arXiv 1802.03426), `pca` (the first two principal
            components), or `auto`: UMAP for 30 classes and more where umap-learn is installed.
        seed: of UMAP; the same seed gives the same map on the same machine.

    Raises:
        UsageError: UMAP is asked for, and is not installed or has too few classes.
    """
    there = find_spec("umap") is not None
    if method == "umap" and (not there or len(features) < 4):
        right = "pip install 'synthset[map]'" if not there else "take --layout pca"
        why = "umap-learn is not installed" if not there else f"{len(features)} classes are too few"
        raise UsageError(f"--layout umap: {why}; {right}")
    if method == "auto":
        method = "umap" if there and len(features) >= FEWEST else "pca"
    flat = _umap(features, seed) if method == "umap" else principal(features)
    how = f"UMAP, seed {seed}" if method == "umap" else "the first two principal components"
    points = fitted(principal(flat), radii, size)
    return Layout(apart(points, radii, size), how)


def principal(features: NDArray[np.floating]) -> Points:
    """The first two principal components, (K, 2); the farthest point of each lies on its positive
    side, so that the picture does not flip."""
    centred = np.asarray(features, dtype=np.float64) - features.mean(axis=0)
    if not centred.any():
        return np.zeros((len(features), 2))
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ axes[:2].T  # (K, 2), or (K, 1) of one column
    flat = np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))
    farthest = flat[np.abs(flat).argmax(axis=0), [0, 1]]
    return np.asarray(flat * np.where(farthest < 0, -1, 1))


def fitted(points: Points, radii: NDArray[np.float64], size: tuple[float, float]) -> Points:
    """Stretch points over a map, so that every circle lies within it."""
    margin = float(radii.max(initial=0)) + GAP
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    shares = np.where(high > low, (points - low) / span, 0.5)
    return np.asarray(margin + shares * (np.array(size) - 2 * margin))


def apart(points: Points, radii: NDArray[np.float64], size: tuple[float, float]) -> Points:
    """Push circles that overlap away from each other, a little at a time.

    Args:
        points: (K, 2).
        radii: (K,).
        size: width and height of the map, which no circle leaves.

    Returns:
        (K, 2) near the old places. Where the map is too full, some overlap is left.
    """
    points, need = points.copy(), radii[:, None] + radii[None] + GAP  # (K, K)
    turn = np.arange(len(points)) * 2.399963  # the golden angle: equal points part in all ways
    for _ in range(ROUNDS):
        gaps = points[:, None] - points[None]  # (K, K, 2)
        far = np.sqrt((gaps**2).sum(axis=2))
        push = np.clip(need - far, 0, None)
        np.fill_diagonal(push, 0)
        if not push.any():
            break
        same = far < 1e-9
        ways = np.where(same[..., None], 0, gaps / np.where(same, 1, far)[..., None])
        moved = (ways * push[..., None]).sum(axis=1) / 2
        alone = (same & (push > 0)).any(axis=1)
        moved[alone] += np.stack([np.cos(turn), np.sin(turn)], axis=1)[alone] * radii[alone, None]
        points += np.clip(moved, -need.max(), need.max()) * 0.7
        points = np.clip(points, radii[:, None], np.array(size) - radii[:, None])
    return points


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
