"""How good is a classifier? From the labels of test images and the probabilities that it gave.

Everything is computed for many weightings of the images at once, so that a bootstrap costs one
sort; one weighting of ones gives the figures themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.errors import UsageError

BINS = 15  # of the calibration error; Guo et al. 2017, arXiv 1706.04599, section 4
OF_A_CLASS = ("recall", "precision", "f1", "roc_auc", "average_precision")
MATCHED = ("matched_f1", "matched_accuracy", "others_accuracy")
OF_ALL = ("accuracy", "balanced_accuracy", *(f"macro_{name}" for name in OF_A_CLASS[1:]), "ece")

Array = NDArray[np.float64]
Weights = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measures:
    """What a classifier is worth on one test set, under B weightings of its images.

    NaN stands, inside this package, where a figure doesn't exist: of a class without test images,
    or (ROC-AUC) of one that all test images belong to. What leaves it says None.

    Attributes:
        whole: measure of `OF_ALL` -> (B,). Macro means are over the classes that have test images;
            `balanced_accuracy` is the macro recall.
        classes: measure of `OF_A_CLASS` -> (B, K). Precision of a class that is never predicted
            is 0, and so is its F1.
    """

    whole: Mapping[str, Array]
    classes: Mapping[str, Array]

    @property
    def over(self) -> str:
        """Over how many classes the macro means of the first weighting are, where not all."""
        recall = self.classes["recall"][0]
        return describe_classes(int((~np.isnan(recall)).sum()), len(recall))


def measure_classifier(
    labels: NDArray[np.int64], probabilities: NDArray[np.floating], weights: Weights | None = None
) -> Measures:
    """Measure a classifier.

    Args:
        labels: (N,) int64 in 0 to K - 1.
        probabilities: (N, K) in rows that sum to 1. The most probable class is predicted, of
            equally probable ones the first.
        weights: (B, N) float64, how often each image counts; None counts each once (B = 1).

    Returns:
        Shares in [0, 1]; all but `ece` higher is better.

    Raises:
        UsageError: shapes that don't fit, labels out of range, no image, values that are no
            probabilities.
    """
    probabilities = check_predictions(labels, probabilities)
    weights = np.ones((1, len(labels))) if weights is None else weights
    count = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    right = predicted == labels
    images = _sums(weights, labels, count)  # (B, K)
    hits = _sums(weights * right, labels, count)
    taken = _sums(weights, predicted, count)
    there = images > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = np.where(there, hits / images, np.nan)
        precision = np.where(there, hits / np.maximum(taken, 1e-12), np.nan)
        f1 = np.where(there, 2 * hits / (images + taken), np.nan)
    areas = _areas(labels, probabilities, weights)
    classes = dict(zip(OF_A_CLASS, (recall, precision, f1, *areas), strict=True))
    macro = {f"macro_{name}": mean_of_known(classes[name]) for name in OF_A_CLASS[1:]}
    whole = {
        "accuracy": hits.sum(axis=1) / weights.sum(axis=1),
        "balanced_accuracy": mean_of_known(recall),
        **macro,
        "ece": calibration_error(probabilities, right, weights),
    }
    return Measures(whole, classes)


def measure_matched(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.floating],
    label: int,
    weights: Weights | None = None,
) -> dict[str, Array]:
    """Measure a classifier that answers one class as often as that class occurs.

    The class's logit is shifted until it does, so that classifiers are compared which would answer
    it more or less often; its order of the images decides, and no threshold.

    Args:
        labels: (N,) int64 in 0 to K - 1.
        probabilities: (N, K).
        label: the class, which has a test image at least.
        weights: (B, N) as `measure_classifier`.

    Returns:
        Names of `MATCHED` -> (B,) shares, higher is better: F1 of the class, which is its recall
        and precision as well; accuracy over all images; accuracy over the images of other classes
        where this one can't be answered.
    """
    probabilities = check_predictions(labels, probabilities)
    weights = np.ones((1, len(labels))) if weights is None else weights
    logs = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
    own = labels == label
    logs_of_others = np.delete(logs, label, axis=1)
    rest = logs_of_others.argmax(axis=1)
    right = (rest + (rest >= label)) == labels
    margin = logs[:, label] - logs_of_others.max(axis=1)
    order = np.argsort(-margin, kind="stable")
    own, right, weights = own[order], right[order], weights[:, order]
    images = (weights * own).sum(axis=1)
    answered = np.cumsum(weights, axis=1) <= images[:, None]
    hits = (weights * (answered & own)).sum(axis=1)
    others = (weights * (~answered & right)).sum(axis=1)
    total = weights.sum(axis=1)
    return {
        "matched_f1": 2 * hits / (images + (weights * answered).sum(axis=1)),
        "matched_accuracy": (hits + others) / total,
        "others_accuracy": (weights * (right & ~own)).sum(axis=1)
        / np.maximum(total - images, 1e-12),
    }


def check_predictions(labels: NDArray[np.int64], probabilities: NDArray[np.floating]) -> Array:
    """Refuse what can't be measured.

    Returns:
        (N, K) float64.

    Raises:
        UsageError: as `measure_classifier`.
    """
    if probabilities.ndim != 2 or labels.shape != (len(probabilities),) or not len(labels):
        raise UsageError(
            f"labels {labels.shape} and probabilities {probabilities.shape}: labels must be (N,) "
            "and probabilities (N, K), with one image or more"
        )
    low, high, count = int(labels.min()), int(labels.max()), probabilities.shape[1]
    if low < 0 or high >= count:
        raise UsageError(f"labels: found {low} to {high}; with {count} columns, 0 to {count - 1}")
    sums = probabilities.sum(axis=1, dtype=np.float64)
    if not (np.abs(sums - 1) < 1e-2).all() or probabilities.min() < 0:
        raise UsageError(
            "probabilities: each row must be 0 or more and sum to 1; apply softmax first"
        )
    return probabilities.astype(np.float64)


def mutual_information(counts: Array | NDArray[np.int64]) -> float:
    """Measure what the row of a count tells of its column, in bits: 0 tells nothing.

    Args:
        counts: (S, K), 0 or more, some of them not.
    """
    joint = counts / counts.sum()
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    there = joint > 0
    return max(0.0, float((joint[there] * np.log2(joint[there] / apart[there])).sum()))


def confusion_matrix(labels: NDArray[np.int64], predicted: NDArray[np.int64], count: int) -> Array:
    """Count images of class i (row) that were taken for class j (column).

    Args:
        labels: (N,) in 0 to count - 1.
        predicted: (N,).
        count: K.

    Returns:
        (K, K) float64 counts.
    """
    flat = np.bincount(labels * count + predicted, minlength=count * count)
    return flat.reshape(count, count).astype(np.float64)


def normalise_confusion(confusion: Array) -> Array:
    """Turn counts into shares of each row; rows of classes without images are 0."""
    shares: Array = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1e-12)
    return shares


def calibration_error(
    probabilities: Array, right: NDArray[np.bool_], weights: Weights, bins: int = BINS
) -> Array:
    """Expected calibration error of the top probability, in bins of equal width.

    The mean over images of |share right - mean top probability| of their bin; bin i of n holds
    (i / n, (i + 1) / n]. Paper: Guo et al. 2017, arXiv 1706.04599, section 2.

    Args:
        probabilities: (N, K).
        right: (N,) whether the predicted class is the image's.
        weights: (B, N).
        bins: how many.

    Returns:
        (B,) in [0, 1]; lower is better.
    """
    top = probabilities.max(axis=1)
    gap = _sums(weights * (right - top), _bins(top, bins), bins)  # (B, bins)
    error: Array = np.abs(gap).sum(axis=1) / weights.sum(axis=1)
    return error


def reliability(
    probabilities: Array, right: NDArray[np.bool_], bins: int = BINS
) -> tuple[Array, Array, Array]:
    """The reliability curve: in each bin of the top probability, how many are right?

    Returns:
        Images, summed top probability and images right of each bin, (bins,) each; sums add up over
        seeds.
    """
    top = probabilities.max(axis=1)
    member, ones = _bins(top, bins), np.ones((1, len(top)))
    return (
        _sums(ones, member, bins)[0],
        _sums(ones * top, member, bins)[0],
        _sums(ones * right, member, bins)[0],
    )


def mean_of_known(values: Array) -> Array:
    """Mean over the last axis of what is there; NaN where nothing is."""
    known = ~np.isnan(values)
    count = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    mean: Array = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean


def describe_classes(there: int, classes: int) -> str:
    """Say of a mean over classes that it is over some of them; nothing where it is over all.

    >>> describe_classes(3, 4), describe_classes(4, 4)
    (' over 3 of 4 classes', '')

    Args:
        there: classes that the mean is over.
        classes: K, all that there are.
    """
    return f" over {there:,} of {classes:,} classes" if there < classes else ""


def _bins(top: Array, bins: int) -> NDArray[np.int64]:
    return np.clip(np.ceil(top * bins).astype(np.int64) - 1, 0, bins - 1)


def _sums(weights: Weights, member: NDArray[np.int64], count: int) -> Array:
    """Add the weights up by group: (B, N) of `count` groups -> (B, count)."""
    return np.stack([np.bincount(member, row, count) for row in weights])


def _areas(
    labels: NDArray[np.int64], probabilities: Array, weights: Weights
) -> tuple[Array, Array]:
    """ROC-AUC and average precision, one class against the rest: (B, K) each."""
    shape = (len(weights), probabilities.shape[1])
    roc, precision = np.full(shape, np.nan), np.full(shape, np.nan)
    for label in np.unique(labels).tolist():
        positive = labels == label
        hits, alarms = count_above_thresholds(probabilities[:, label], positive, weights)
        precision[:, label] = _average_precision(hits, alarms)
        if not positive.all():
            roc[:, label] = _area(hits, alarms)
    return roc, precision


def count_above_thresholds(
    scores: Array, positive: NDArray[np.bool_], weights: Weights | None = None
) -> tuple[Array, Array]:
    """Count positives and negatives at or above each threshold, from the highest down.

    Args:
        scores: (N,); images of equal score enter together.
        positive: (N,).
        weights: (B, N); None counts each image once.

    Returns:
        Positives and negatives, (B, T + 1) each for T different scores; the first column is 0.
    """
    weights = np.ones((1, len(scores))) if weights is None else weights
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    start = np.zeros((len(weights), 1))
    sides = (weights[:, order] * positive[order], weights[:, order] * ~positive[order])
    hits, alarms = (np.hstack([start, side.cumsum(axis=1)[:, last]]) for side in sides)
    return hits, alarms


def _area(hits: Array, alarms: Array) -> Array:
    """Area under the ROC curve, straight between thresholds."""
    steps = np.diff(alarms, axis=1) * (hits[:, 1:] + hits[:, :-1]) / 2
    area: Array = steps.sum(axis=1) / np.maximum(hits[:, -1] * alarms[:, -1], 1e-12)
    return area


def _average_precision(hits: Array, alarms: Array) -> Array:
    """Sum over thresholds of precision x gain in recall, without interpolation."""
    precision = hits[:, 1:] / np.maximum(hits[:, 1:] + alarms[:, 1:], 1e-12)
    area: Array = (np.diff(hits, axis=1) * precision).sum(axis=1) / np.maximum(hits[:, -1], 1e-12)
    return area
