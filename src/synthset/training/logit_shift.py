"""Shifts the logit of the rarest class by what the validation split says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthset.errors import DatasetError
from synthset.training.labelled import LabelledImages

STEPS = np.arange(-64, 65) / 8  # logits
FEWEST = 10  # validation images of a class that choose: a recall has 16 points standard error


def find_rarest(images: LabelledImages) -> int:
    """Find the class with the fewest images of the first source: the lowest label of equal ones."""
    counts = np.bincount(images.labels[images.origins == 0])
    return int(np.argmin(np.where(counts > 0, counts, np.iinfo(np.int64).max)))


def refuse_few(rare: int, labels: NDArray[np.int64]) -> None:
    """Refuse a choice that chance would make.

    Raises:
        DatasetError: fewer than ten validation images have the class.
    """
    count = int((labels == rare).sum())
    if count < FEWEST:
        raise DatasetError(
            f"loss.shift: {count} validation images of class {rare} (counted from 0) to choose by; "
            f"{FEWEST} are needed: use more validation images, or shift: none"
        )


def choose_shift(logits: NDArray[np.float64], labels: NDArray[np.int64], rare: int) -> float:
    """Choose the shift with the highest balanced accuracy, the one nearest to 0 of equal ones.

    Args:
        logits: (N, K) of the validation images.
        labels: (N,).
        rare: the class whose logit is shifted.

    Returns:
        A multiple of 1/8 in [-8, 8].
    """
    classes = np.unique(labels)
    best, chosen = -1.0, 0.0
    for shift in sorted(STEPS.tolist(), key=abs):
        moved = logits.copy()
        moved[:, rare] += shift
        right = moved.argmax(axis=1) == labels
        value = float(np.mean([right[labels == k].mean() for k in classes]))
        if value > best:
            best, chosen = value, shift
    return chosen
