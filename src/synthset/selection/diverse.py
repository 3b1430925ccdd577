"""The step `diverse`: the images that differ most, or that stand for all others best.

Papers: Gonzalez 1985 (k-center, within twice the best radius); Nemhauser et al. 1978 (greedy
facility location, within 1 - 1/e of the best).
"""

from __future__ import annotations

import heapq

import numpy as np

from synthset.encoders.feature_reader import FeatureReader
from synthset.metrics.features import Features
from synthset.recipe.steps import Diverse
from synthset.results.reason import Reason
from synthset.selection.candidates import Candidates
from synthset.selection.target import Floats, Rows

CUSTOMERS = 2048  # images that a facility location has to serve; above, an even sample of them


def apply_diverse(
    candidates: Candidates, settings: Diverse, step: str, reader: FeatureReader
) -> None:
    """Keep a diverse part of each class."""
    features = reader.features(settings.encoder)
    missing = np.flatnonzero(np.isnan(features[:, 0]))
    candidates.drop(missing, Reason(step, "no features", settings.encoder))
    choose = k_center if settings.method == "k_center" else facility_location
    what = "most different" if settings.method == "k_center" else "most representative"
    for rows in candidates.by_class().values():
        fixed = np.flatnonzero(candidates.fixed[rows])
        chosen = choose(features[rows], settings.per_class, fixed)
        reason = Reason(step, f"not {what}", bound=len(chosen))
        candidates.drop(np.delete(rows, chosen), reason)


def k_center(features: Features, count: int, fixed: Rows | None = None) -> Rows:
    """Choose the image nearest to the mean, then always the one farthest from all chosen.

    Args:
        features: (N, D) float32 or float64.
        count: how many.
        fixed: rows that are in from the start; they count.

    Returns:
        (max(min(count, N), fixed),) rows, ascending. Ties go to the first row.

    >>> k_center(np.array([[0.0], [1.0], [1.1], [5.0]]), 2).tolist()
    [2, 3]
    """
    if count >= len(features):
        return np.arange(len(features))
    centred = (features - features.mean(axis=0, dtype=np.float64)).astype(np.float32)
    squares = (centred**2).sum(axis=1)
    chosen = [int(squares.argmin())] if fixed is None or not len(fixed) else fixed.tolist()
    nearest = np.full(len(features), np.inf, dtype=np.float32)
    seen = 0
    while True:
        for last in chosen[seen:]:
            nearest = np.minimum(nearest, squares + squares[last] - 2 * (centred @ centred[last]))
        nearest[chosen] = -np.inf
        seen = len(chosen)
        if seen >= count:
            return np.sort(np.array(chosen))
        chosen.append(int(nearest.argmax()))


def facility_location(features: Features, count: int, fixed: Rows | None = None) -> Rows:
    """Choose the images that leave every image with a similar one among the chosen.

    Args:
        features: (N, D) float32 or float64; compared by cosine, after the mean is taken out.
        count: how many.
        fixed: rows that are in from the start; they count.

    Returns:
        (max(min(count, N), fixed),) rows, ascending. Ties go to the first row.
    """
    if count >= len(features):
        return np.arange(len(features))
    return np.sort(order_facilities(features, count, fixed))


def order_facilities(features: Features, count: int, fixed: Rows | None = None) -> Rows:
    """Choose as `facility_location` does, in the order of choice: its first n rows are the choice
    of n. Arguments as there, with 1 <= count <= N."""
    centred = features - features.mean(axis=0, dtype=np.float64)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = (centred / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    customers = unit[np.linspace(0, len(unit) - 1, min(CUSTOMERS, len(unit))).astype(np.int64)]
    similar = (1 + unit @ customers.T) / 2  # (N, C) in [0, 1]
    return _greedy(similar, count, fixed.tolist() if fixed is not None else [])


def _greedy(similar: Features, count: int, chosen: list[int]) -> Rows:
    """Lazy greedy: a gain never grows, so one that is still the largest after an update is best."""
    served: Floats = similar[chosen].max(axis=0, initial=0).astype(np.float64)
    gains = similar.sum(axis=1, dtype=float)
    inside = set(chosen)
    waiting = [(-float(gain), row) for row, gain in enumerate(gains) if row not in inside]
    heapq.heapify(waiting)
    while len(chosen) < count:
        _, row = heapq.heappop(waiting)
        gain = float(np.maximum(similar[row] - served, 0).sum())
        if waiting and (-gain, row) > waiting[0]:
            heapq.heappush(waiting, (-gain, row))
            continue
        chosen.append(row)
        served = np.maximum(served, similar[row])
    return np.array(chosen)
