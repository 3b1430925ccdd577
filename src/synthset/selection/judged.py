"""Ranks images of a class by what a classifier, the judge, makes of them: the best first.

Paper of the influence: Pruthi et al. 2020, arXiv 2002.08484, for the last layer alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.recipe.arms import Choice
from synthset.selection.diverse import order_facilities
from synthset.selection.target import Rows

NEIGHBOURS = 5  # real images that an image's distance is the mean of
BLOCK = 1024  # images whose distances are in memory at a time


@dataclass(frozen=True, eq=False)
class JudgedImages:
    """What a judge makes of images.

    Attributes:
        labels: (N,) int64 classes that they are meant to show.
        probabilities: (N, K) float32 in rows that sum to 1.
        features: (N, D) float32, what enters the last layer.
    """

    labels: Rows
    probabilities: NDArray[np.float32]
    features: NDArray[np.float32]

    def take(self, rows: Rows | NDArray[np.bool_]) -> JudgedImages:
        """Choose images."""
        return JudgedImages(self.labels[rows], self.probabilities[rows], self.features[rows])

    @property
    def margins(self) -> NDArray[np.float32]:
        """(N,) probability of the own class less that of the likeliest other one: above 0 for a
        recognised image."""
        others = self.probabilities.copy()
        np.put_along_axis(others, self.labels[:, None], -np.inf, axis=1)
        margins: NDArray[np.float32] = self._own() - others.max(axis=1)
        return margins

    @property
    def errors(self) -> NDArray[np.float32]:
        """(N, K) probabilities less the truth: the gradient of the loss by the logits."""
        found = self.probabilities.copy()
        found[np.arange(len(found)), self.labels] -= 1
        return found

    def _own(self) -> NDArray[np.float32]:
        return self.probabilities[np.arange(len(self.labels)), self.labels]

    def rank_recognised(self, _: JudgedImages) -> Rows:
        """Rank by the probability of the own class."""
        return np.argsort(-self._own(), kind="stable")

    def rank_hard(self, _: JudgedImages) -> Rows:
        """Rank the recognised ones, the smallest margin first."""
        margins = self.margins
        order = np.argsort(margins, kind="stable")
        return order[margins[order] > 0]

    def rank_nearest(self, real: JudgedImages) -> Rows:
        """Rank by the mean cosine to the five nearest real images of the class; none if it has
        none."""
        known = real.features[real.labels == self.labels[0]]
        if not len(known):
            return np.empty(0, np.int64)
        known, count = _unit(known), min(NEIGHBOURS, len(known))
        means = [
            np.partition(_unit(part) @ known.T, -count, axis=1)[:, -count:]
            for part in np.array_split(self.features, -(-len(self.features) // BLOCK))
        ]
        return np.argsort(-np.concatenate(means).mean(axis=1), kind="stable")

    def rank_diverse(self, _: JudgedImages) -> Rows:
        """Rank the recognised ones: each image next that adds the most to representing them all."""
        right = np.flatnonzero(self.margins > 0)
        if not len(right):
            return right
        return right[order_facilities(self.features[right], len(right))]

    def rank_influence(self, val: JudgedImages) -> Rows:
        """Rank by how much a small step on an image reduces the loss on validation images, of which
        each class weighs the same."""
        errors, classes = val.errors, np.unique(val.labels)
        slope = np.mean(
            [
                errors[val.labels == k].T @ val.features[val.labels == k] / (val.labels == k).sum()
                for k in classes
            ],
            axis=0,
        )  # (K, D)
        gains = ((self.errors @ slope) * self.features).sum(axis=1)
        return np.argsort(-gains, kind="stable")


def _unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    unit: NDArray[np.float32] = features / np.maximum(lengths, 1e-12)
    return unit


#: Way to choose -> ranks the images of one class, beside others: the judge's real training images
#: for `nearest`, the validation images for `influence`.
RANKED_BY: Mapping[Choice, Callable[[JudgedImages, JudgedImages], Rows]] = {
    "recognition": JudgedImages.rank_recognised,
    "hard": JudgedImages.rank_hard,
    "nearest": JudgedImages.rank_nearest,
    "diverse": JudgedImages.rank_diverse,
    "influence": JudgedImages.rank_influence,
}
