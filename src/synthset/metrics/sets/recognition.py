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
from synthset.metrics.features import Features, Labels, Scores, check_labels
from synthset.metrics.sets.inception_score import check_probabilities
from synthset.metrics.statistics.intervals import LEVEL, Interval, wilson

TOP = 5

# Class index of the recipe -> the classifier's indices that mean it. Several where the classifier
# is finer (its breeds for "dog"); a class that it does not know is left out.
ClassMap = Mapping[int, Sequence[int]]


@dataclass(frozen=True, eq=False)
class RecognisedImages:
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
) -> RecognisedImages:
    """Compare a classifier's probabilities with the classes that were asked for.

    Args:
        probabilities: (N, K) float32 or float64 in [0, 1]; rows sum to 1.
        intended: (N,) class index of the recipe, which is the classifier's too unless there is a
            `class_map`. Of equal probabilities the lower index counts as the first guess.
        class_map: where the classifier has other classes than the recipe.

    Returns:
        One answer per image.

    Raises:
        UsageError: no probabilities, or an index that the classifier does not have.
    """
    probabilities = check_probabilities(probabilities)
    count, classes = probabilities.shape
    check_labels(intended, count, "intended")
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
    return RecognisedImages(top1, top5, np.minimum(probability, 1.0), known)


@dataclass(frozen=True)
class RecognitionRates:
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
) -> RecognitionRates:
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
            f"recognised: found {recognised.dtype} of shape {recognised.shape} for labels of "
            f"shape {intended.shape}; give one True or False per image, for one image or more"
        )
    check_labels(intended, len(recognised), "intended")
    per_class = {}
    for label in np.unique(intended):
        answers = recognised[intended == label]
        per_class[int(label)] = wilson(int(answers.sum()), len(answers), level)
    shares = np.array([interval.value for interval in per_class.values()])
    return RecognitionRates(
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


@dataclass(frozen=True, eq=False)
class RecognisedOfN:
    """How many images of each class are recognised, summed up class by class.

    Attributes:
        classes: K, how many.
        images: of all classes.
        recognised: of those.
        rate: share of all images, with Wilson's interval, which takes images as independent.
        each: n, the images of a class; None where classes have different numbers.
        mean: images recognised of `each`, averaged over classes; a share where `each` is None.
        deviation: population standard deviation over classes, in the unit of `mean`.
        histogram: classes with 0, 1, … `each` images recognised; without `each`, classes by share:
            none, ten bins of a tenth each (the ends 0 and 1 left out), all.
        share_none: share of classes of which no image is recognised.
        share_some: share of classes of which at least one is; 1 - share_none.
        share_all: share of classes of which every image is.
        alike: how much the images of a class rise and fall together (intraclass correlation), from
            0 (chance alone) to 1 (a class has all or none); slightly below 0 by chance. None where
            no class has two images, or there is one class.
        worth: how many independent images one class tells as much as: n / (1 + (n - 1) alike).
            None where `alike` is.
    """

    classes: int
    images: int
    recognised: int
    rate: Interval
    each: int | None
    mean: float
    deviation: float
    histogram: NDArray[np.int64]
    share_none: float
    share_some: float
    share_all: float
    alike: float | None
    worth: float | None


def count_recognised(
    recognised: NDArray[np.int64], images: NDArray[np.int64], level: float = LEVEL
) -> RecognisedOfN:
    """Sum up how many images of each class were recognised.

    Two classes of ten images, one with all recognised and one with none:

    >>> found = count_recognised(np.array([0, 10]), np.array([10, 10]))
    >>> found.mean, found.deviation, found.share_none, found.share_all, found.alike, found.worth
    (5.0, 5.0, 0.5, 0.5, 1.0, 1.0)

    Args:
        recognised: (K,) images recognised of each class.
        images: (K,) images of each class, at least 1 each; a failed image counts as not recognised.
        level: of the interval, in (0, 1).

    Raises:
        UsageError: no class, a class without images, or more recognised than there are.
    """
    _check_counts(recognised, images)
    shares = recognised / images
    each = int(images[0]) if (images == images[0]).all() else None
    values = recognised if each else shares
    alike, size = correlate_within_classes(recognised, images)
    return RecognisedOfN(
        classes=len(images),
        images=int(images.sum()),
        recognised=int(recognised.sum()),
        rate=wilson(int(recognised.sum()), int(images.sum()), level),
        each=each,
        mean=float(values.mean()),
        deviation=float(values.std()),
        histogram=np.bincount(recognised, minlength=each + 1) if each else count_by_tenths(shares),
        share_none=float((recognised == 0).mean()),
        share_some=float((recognised > 0).mean()),
        share_all=float((recognised == images).mean()),
        alike=alike,
        worth=None if alike is None else size / (1 + (size - 1) * max(alike, 0.0)),
    )


def correlate_within_classes(
    recognised: NDArray[np.int64], images: NDArray[np.int64]
) -> tuple[float | None, float]:
    """Tell how alike the answers within a class are: the intraclass correlation of yes and no.

    The analysis-of-variance estimate; classes may differ in size.
    Paper: Ridout, Demétrio and Firth 1999, Biometrics 55, section 2.

    Args:
        recognised: (K,) images recognised of each class.
        images: (K,) images of each class.

    Returns:
        The correlation, at most 1, and the typical size of a class that it is meant for. None where
        it can't be told, and 0 where all images of all classes have the same answer.
    """
    classes, total = len(images), int(images.sum())
    size = float(total - (images.astype(float) ** 2).sum() / total) / max(classes - 1, 1)
    if classes < 2 or total == classes:
        return None, size
    shares, share = recognised / images, recognised.sum() / total
    between = float((images * (shares - share) ** 2).sum()) / (classes - 1)
    within = float((images * shares * (1 - shares)).sum()) / (total - classes)
    spread = between + (size - 1) * within
    return ((between - within) / spread if spread else 0.0), size


def count_by_tenths(shares: Scores) -> NDArray[np.int64]:
    """Count shares: exactly 0; (0, 0.1], … (0.9, 1), each a tenth wide; exactly 1.

    >>> count_by_tenths(np.array([0.0, 0.05, 0.1, 0.95, 1.0])).tolist()
    [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    """
    inner = np.ceil(np.round(shares * 10, 9)).astype(np.int64)  # 1 … 10 for what lies between
    place = np.where(shares == 0, 0, np.where(shares == 1, 11, np.clip(inner, 1, 10)))
    return np.bincount(place, minlength=12)


def _check_counts(recognised: NDArray[np.int64], images: NDArray[np.int64]) -> None:
    if not len(images) or recognised.shape != images.shape or (images < 1).any():
        raise UsageError(
            f"images: found shape {images.shape} for recognised {recognised.shape}, least "
            f"{images.min() if len(images) else 'none'}; give one class or more, each with an image"
        )
    if (recognised > images).any() or (recognised < 0).any():
        raise UsageError(
            "recognised: a class has more recognised images than images, or fewer than 0"
        )
