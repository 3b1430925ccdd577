"""Recognition: does a classifier see the class that was asked for?

Paper: "Stable Diffusion × WordNet", arXiv 2211.01777, whose headline is the mean per class and the
share of classes with none and with all images recognised. Higher is better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.errors import UsageError
from synthset.metrics.features import Features, Labels, Scores, checked_labels
from synthset.metrics.inception_score import checked_probabilities
from synthset.metrics.intervals import LEVEL, Interval, wilson

TOP = 5

# Class index of the recipe -> the classifier's indices that mean it. Several where the classifier
# is finer (its breeds for "dog"); a class that it does not know is left out.
ClassMap = Mapping[int, Sequence[int]]


@dataclass(frozen=True, eq=False)
class Recognition:
    """What the classifier said of each image.

    Attributes:
        top1: (N,) bool, its first guess is the intended class.
        top5: (N,) bool, one of its first five is.
        probability: (N,) float64 in [0, 1], of the intended class; summed where several of its
            classes mean it. NaN where the classifier does not know the class.
        known: (N,) bool, the classifier knows the intended class. Where it does not, top1 and top5
            are False and say nothing: leave these images out of a rate.
    """

    top1: NDArray[np.bool_]
    top5: NDArray[np.bool_]
    probability: Scores
    known: NDArray[np.bool_]


def recognise(
    probabilities: Features, intended: Labels, class_map: ClassMap | None = None
) -> Recognition:
    """Compare a classifier's probabilities with the classes that were asked for.

    Args:
        probabilities: (N, K) float32 or float64 in [0, 1]; rows sum to 1.
        intended: (N,) class index of the recipe, which is the classifier's too unless there is a
            `class_map`. Of equal probabilities the lower index counts as the first guess.
        class_map: where the classifier has other classes than the recipe.

    Returns:
        One answer an image.

    Raises:
        UsageError: no probabilities, or an index that the classifier does not have.
    """
    probabilities = checked_probabilities(probabilities)
    count, classes = probabilities.shape
    checked_labels(intended, count, "intended")
    if class_map is None:
        class_map = {int(label): (int(label),) for label in np.unique(intended)}
    _check_map(class_map, classes)
    guesses = np.argsort(-probabilities, axis=1, kind="stable")[:, :TOP]  # (N, 5)
    top1, top5, known = (np.zeros(count, dtype=bool) for _ in range(3))
    probability = np.full(count, np.nan)
    for label in np.unique(intended):
        meant = np.array(class_map.get(int(label), ()), dtype=np.int64)
        if not len(meant):
            continue
        rows = np.flatnonzero(intended == label)
        hits = np.isin(guesses[rows], meant)  # (rows, 5)
        known[rows], top1[rows], top5[rows] = True, hits[:, 0], hits.any(axis=1)
        probability[rows] = probabilities[np.ix_(rows, meant)].sum(axis=1, dtype=np.float64)
    return Recognition(top1, top5, np.minimum(probability, 1.0), known)


@dataclass(frozen=True)
class RecognitionRate:
    """How much of a set is recognised.

    Attributes:
        rate: share of all images, with Wilson's interval; it takes images as independent.
        per_class: class index -> share, with Wilson's interval.
        mean_per_class: mean of the classes' shares, each class counting the same, [0, 1].
        std_per_class: population standard deviation of the classes' shares.
        share_none: share of classes of which no image is recognised.
        share_all: share of classes of which every image is recognised.
    """

    rate: Interval
    per_class: dict[int, Interval]
    mean_per_class: float
    std_per_class: float
    share_none: float
    share_all: float


def recognition_rate(
    recognised: NDArray[np.bool_], intended: Labels, level: float = LEVEL
) -> RecognitionRate:
    """Sum up which images were recognised, over all and class by class.

    An image that failed (black, blocked by a safety checker) counts as not recognised: pass False.

    Args:
        recognised: (N,) bool, such as `Recognition.top1` where `known`.
        intended: (N,) class index.
        level: of the intervals, in (0, 1).

    Returns:
        The figures; higher is better, except `share_none`.

    Raises:
        UsageError: no images, or shapes that differ.
    """
    if len(recognised) == 0 or recognised.shape != intended.shape or recognised.dtype != np.bool_:
        raise UsageError(
            f"recognised: found {recognised.dtype} of shape {recognised.shape} for labels of shape "
            f"{intended.shape}; it takes one True or False an image, and one image or more"
        )
    checked_labels(intended, len(recognised), "intended")
    per_class = {}
    for label in np.unique(intended):
        answers = recognised[intended == label]
        per_class[int(label)] = wilson(int(answers.sum()), len(answers), level)
    shares = np.array([interval.value for interval in per_class.values()])
    return RecognitionRate(
        rate=wilson(int(recognised.sum()), len(recognised), level),
        per_class=per_class,
        mean_per_class=float(shares.mean()),
        std_per_class=float(shares.std()),
        share_none=float((shares == 0).mean()),
        share_all=float((shares == 1).mean()),
    )


def _check_map(class_map: ClassMap, classes: int) -> None:
    for label, meant in class_map.items():
        wrong = [index for index in meant if not 0 <= index < classes]
        if wrong:
            raise UsageError(
                f"class {label}: maps to index {wrong[0]}; this classifier has 0 to {classes - 1}. "
                "Give a class_map from the recipe's classes to the classifier's"
            )
        if len(set(meant)) != len(meant):
            raise UsageError(
                f"class {label}: maps to an index twice ({list(meant)}); name each once"
            )
