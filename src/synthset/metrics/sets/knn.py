"""Weighted nearest neighbours: which class do the most similar images belong to?

Papers: Wu et al. 2018, arXiv 1805.01978 (weights exp(cosine / 0.07)); Caron et al. 2021 (DINO),
arXiv 2104.14294
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthset.errors import UsageError
from synthset.metrics.features import Features, Labels, check_pair, cut_spans, normalise_rows

BLOCK = 512  # images that ask at a time


def weighted_knn(
    bank: Features,
    labels: Labels,
    asked: Features,
    ks: Sequence[int],
    temperature: float,
) -> dict[int, NDArray[np.int64]]:
    """Give each image the class with the largest sum of weights among its nearest neighbours.

    >>> bank = np.array([[1.0, 0], [0, 1], [0, 1]])
    >>> weighted_knn(bank, np.array([0, 1, 1]), np.array([[1.0, 0.2]]), [1, 3], 0.07)[3].tolist()
    [0]

    Args:
        bank: (M, D) features; rows are scaled to length 1 here.
        labels: (M,) classes of the bank.
        asked: (N, D) features of other images.
        ks: how many neighbours vote; more than M are M.
        temperature: a neighbour at cosine s weighs exp(s / temperature); > 0.

    Returns:
        k -> (N,) int64 classes. Of equally near images the first in the bank is taken, of equal
        sums the lower class.

    Raises:
        UsageError: as `features.check_pair`, a row that is all zero, or labels that don't fit.
    """
    if labels.shape != (len(bank),):
        raise UsageError(
            f"found labels of shape {labels.shape} for {len(bank)} images in the bank; give one "
            "label per image"
        )
    bank, asked = check_pair(bank, asked)
    bank, asked = normalise_rows(bank, "bank"), normalise_rows(asked, "asked")
    most = min(max(ks), len(bank))
    there, codes = np.unique(labels, return_inverse=True)
    found: dict[int, list[NDArray[np.int64]]] = {k: [] for k in ks}
    for rows in cut_spans(len(asked), BLOCK):
        cosines = (asked[rows] @ bank.T).astype(np.float64)  # (B, M)
        near = np.argsort(-cosines, axis=1, kind="stable")[:, :most]  # (B, most)
        similar = np.take_along_axis(cosines, near, axis=1)
        # The largest weight is 1: a common factor changes no vote, and keeps exp in range.
        weights = np.exp((similar - similar[:, :1]) / temperature)
        for k in ks:
            votes = np.zeros((len(near), len(there)))
            places = np.arange(len(near))[:, None]
            np.add.at(votes, (places, codes[near[:, :k]]), weights[:, :k])
            found[k].append(there[votes.argmax(axis=1)].astype(np.int64))
    return {k: np.concatenate(parts) for k, parts in found.items()}
