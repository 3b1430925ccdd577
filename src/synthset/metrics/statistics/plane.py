"""Points on a plane: the two directions of most spread, fitted into a map, circles side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

ROUNDS = 60  # of pushing circles apart
MARGIN = 1.0  # around the map, in its units


def project_principal(features: NDArray[np.floating]) -> Points:
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


def fit_points(points: Points, radii: NDArray[np.float64], size: tuple[float, float]) -> Points:
    """Stretch points over a map, so that every circle lies within it."""
    margin = float(radii.max(initial=0)) + MARGIN
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    shares = np.where(high > low, (points - low) / span, 0.5)
    return np.asarray(margin + shares * (np.array(size) - 2 * margin))


def push_apart(
    points: Points, radii: NDArray[np.float64], size: tuple[float, float], gap: float = 1.0
) -> Points:
    """Push circles that overlap away from each other, a little at a time.

    Args:
        points: (K, 2).
        radii: (K,).
        size: width and height of the map, which no circle leaves.
        gap: between circles, in units of the map.

    Returns:
        (K, 2) near the old places. Where the map is too full, some overlap is left.
    """
    points, need = points.copy(), radii[:, None] + radii[None] + gap  # (K, K)
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
