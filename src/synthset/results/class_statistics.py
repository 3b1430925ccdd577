"""Statistics of a training set by class: how even it is, and what that did to a classifier.

Paper: Feuer et al. 2024 (SELECT), arXiv 2410.05057. Where its published tables follow another
convention, `published=True` follows them; the default is what the words say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synthset.errors import UsageError
from synthset.metrics.statistics.classification import (
    Array,
    confusion_matrix,
    describe_classes,
    mean_of_known,
    normalise_confusion,
)
from synthset.metrics.statistics.intervals import LEVEL
from synthset.results.figure import ConfidenceInterval, Figure
from synthset.results.trial import Trial

TAIL = 500  # images below which a class belongs to the tail: LT@500
HEAD = 0.05  # share of the classes that is the head: LS@5pct
CONFUSIONS = 5  # most confused classes whose skewness is taken
DRAWS = 1000  # of classes with replacement: the ends of an interval to about 5 % of its half width
FEWEST = 3  # classes below which there is neither a correlation nor an interval
HOW = "bootstrap over classes"

SHARES = ("accuracy", "precision", "balanced_accuracy")
MEANS = (*SHARES, "skewness")
CORRELATIONS = ("precision_count", "accuracy_skewness", "precision_recall")
AGAINST_BASELINE = ("count_baseline_count", "accuracy_baseline_accuracy")


@dataclass(frozen=True, eq=False)
class ClassFigures:
    """What is known of each of K classes; NaN where nothing is.

    Attributes:
        counts: (K,) float64 training images, whole numbers.
        accuracy: (K,) share of the class's test images that are right, 0 to 1.
        precision: (K,) share right of those taken for the class; 0 if none was.
        recall: (K,) as `accuracy`, however the source rounds it.
        skewness: (K,) of the largest confusions, see `confusion_skewness`.
    """

    counts: Array
    accuracy: Array
    precision: Array
    recall: Array
    skewness: Array


@dataclass(frozen=True)
class ClassStatistics:
    """A training set in a few numbers.

    Attributes:
        images: in all.
        classes: K, those without images too.
        tested: classes of which an accuracy is known, which means are over.
        coverage: classes with an image.
        lt_500: classes with fewer than 500 images, those without any too.
        ls_5pct: share in [0, 1] of all images that the largest 5 % of the classes hold; 0.05 where
            all classes are equal; NaN without images.
        figures: name of `MEANS`, `CORRELATIONS` and, with a baseline, `AGAINST_BASELINE` ->
            value and bootstrap interval. Correlations are Pearson's, over classes.
    """

    images: int
    classes: int
    tested: int
    coverage: int
    lt_500: int
    ls_5pct: float
    figures: Mapping[str, Figure]

    @property
    def over(self) -> str:
        """Over how many classes means are, where not over all."""
        return describe_classes(self.tested, self.classes)


def coverage(counts: Array) -> int:
    """Count the classes that have an image."""
    return int((counts > 0).sum())


def long_tail(counts: Array, below: int = TAIL) -> int:
    """Count the classes with fewer images than `below`; a class without images is one of them."""
    return int((counts < below).sum())


def head_share(counts: Array, head: float = HEAD) -> float:
    """Share of all images in the largest classes.

    >>> head_share(np.full(1000, 1300.0))
    0.05

    Args:
        counts: (K,) images of each class.
        head: share of the classes that counts as largest; of K classes ceil(head x K).

    Returns:
        In [0, 1], lower is more even; NaN without images.
    """
    total = float(counts.sum())
    largest = math.ceil(round(head * len(counts), 9))
    return float(np.sort(counts)[::-1][:largest].sum()) / total if total else math.nan


def find_top_confusions(confusion: Array, most: int = CONFUSIONS) -> Array:
    """Find what a class is most often taken for.

    Args:
        confusion: (K, K), row i the images of class i; counts or shares.
        most: how many to keep.

    Returns:
        (K, min(most, K - 1)) largest off-diagonal entries of each row, largest first.
    """
    count = len(confusion)
    others = confusion[~np.eye(count, dtype=bool)].reshape(count, count - 1)  # (K, K - 1)
    largest: Array = -np.sort(-others, axis=1)[:, :most]
    return largest


def confusion_skewness(scores: Array) -> Array:
    """Is a class confused with one other, or with many alike?

    >>> one, many = [0.4, 0, 0, 0, 0], [0.1, 0.1, 0.1, 0.1, 0.1]
    >>> confusion_skewness(np.array([one, many])).round(9).tolist()
    [1.5, 0.0]

    Args:
        scores: (K, M) largest confusions of each class; NaN where there are fewer.

    Returns:
        (K,) population skewness m3 / m2^1.5: 1.5 where one of five confusions stands out, 0 where
        all are equal or none is there.
    """
    known = ~np.isnan(scores)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    filled = np.where(known, scores, 0.0)
    deviation = np.where(known, filled - filled.sum(axis=1, keepdims=True) / count, 0.0)
    second = (deviation**2).sum(axis=1) / count[:, 0]
    third = (deviation**3).sum(axis=1) / count[:, 0]
    # Shares such as 0.1399999999999999 differ by rounding alone.
    equal = second <= (1e-9 * np.abs(filled).max(axis=1, initial=0)) ** 2
    skewness: Array = np.where(equal, 0.0, third / np.where(equal, 1.0, second) ** 1.5)
    return skewness


def pearson(one: Array, other: Array) -> float:
    """Correlate two figures over classes; NaN where one of them is the same for all classes, or
    fewer than three classes have both."""
    known = ~(np.isnan(one) | np.isnan(other))
    if known.sum() < FEWEST:
        return math.nan
    centred = []
    for values in (one[known], other[known]):
        if np.ptp(values) <= 1e-9 * np.abs(values).max():
            return math.nan
        centred.append(values - values.mean())
    x, y = centred
    return float(np.clip((x @ y) / math.sqrt((x @ x) * (y @ y)), -1, 1))


def judge_confusion(confusion: Array, counts: Array, *, published: bool = False) -> ClassFigures:
    """Judge each class by a confusion matrix.

    Args:
        confusion: (K, K) counts of test images, row i the images of class i.
        counts: (K,) training images.
        published: precision from the matrix with rows scaled to 1 (the same where classes have
            equally many test images), and confusions of 0 not counted.

    Returns:
        The classes' figures; NaN for a class without test images.

    Raises:
        UsageError: shapes that don't fit, or one class alone.
    """
    if confusion.ndim != 2 or len(confusion) < 2 or confusion.shape != (len(counts),) * 2:
        found = f"confusion {confusion.shape} and counts {counts.shape}"
        raise UsageError(f"{found}: they must be (K, K) and (K,), with two classes or more")
    there = confusion.sum(axis=1) > 0
    shares = normalise_confusion(confusion)
    taken = shares if published else confusion
    precision = np.diag(taken) / np.maximum(taken.sum(axis=0), 1e-12)
    recall = np.where(there, np.diag(shares), np.nan)
    scores = find_top_confusions(shares)
    if published:
        scores = np.where(scores > 0, scores, np.nan)
    return ClassFigures(
        counts=counts.astype(np.float64),
        accuracy=recall,
        precision=np.where(there, precision, np.nan),
        recall=recall,
        skewness=np.where(there, confusion_skewness(scores), np.nan),
    )


def judge_trial(trial: Trial, *, published: bool = False) -> ClassFigures:
    """Judge each class by what a trained classifier said of the test images.

    Args:
        trial: its training images are those of all origins, pre-training included.
        published: as `judge_confusion`.
    """
    count = trial.probabilities.shape[1]
    confusion = confusion_matrix(trial.labels, trial.probabilities.argmax(axis=1), count)
    counts = np.zeros(count)
    for images in (*trial.counts.values(), *trial.pretrain_counts.values()):
        counts += images
    return judge_confusion(confusion, counts, published=published)


def class_statistics(
    figures: ClassFigures,
    baseline: ClassFigures | None = None,
    *,
    published: bool = False,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = LEVEL,
) -> ClassStatistics:
    """Sum a training set up.

    Intervals say what other classes of the same kind would give: classes are drawn with
    replacement, and the interval holds the middle `level` of the draws. Counts, and the share of
    the head, are facts of this set and have none.

    Args:
        figures: of K classes.
        baseline: of the same classes in the same order, trained on other images; NaN for a class
            that it lacks. None leaves `AGAINST_BASELINE` out.
        published: balanced accuracy is the mean of (precision + recall) / 2; otherwise the mean
            recall, as elsewhere.
        draws: of classes; 0 gives no intervals.
        seed: of the draws.
        level: in (0, 1).

    Raises:
        UsageError: a baseline of another number of classes.
    """
    classes = len(figures.counts)
    if baseline is not None and len(baseline.counts) != classes:
        raise UsageError(f"baseline: found {len(baseline.counts)} classes instead of {classes}")
    measured = _measures(figures, baseline, published)
    rng = np.random.default_rng(seed)
    picks = [rng.integers(0, classes, classes) for _ in range(draws if classes >= FEWEST else 0)]
    everything = np.arange(classes)
    return ClassStatistics(
        images=int(figures.counts.sum()),
        classes=classes,
        tested=int((~np.isnan(figures.accuracy)).sum()),
        coverage=coverage(figures.counts),
        lt_500=long_tail(figures.counts),
        ls_5pct=head_share(figures.counts),
        figures={
            name: _figure(name, measure(everything), [measure(rows) for rows in picks], level)
            for name, measure in measured.items()
        },
    )


Measure = Callable[[NDArray[np.intp]], float]


def _measures(
    figures: ClassFigures, baseline: ClassFigures | None, published: bool
) -> dict[str, Measure]:
    """Name -> its value on some of the classes."""
    balanced = (figures.precision + figures.recall) / 2 if published else figures.recall
    means = (figures.accuracy, figures.precision, balanced, figures.skewness)
    found = {name: _mean(values) for name, values in zip(MEANS, means, strict=True)}
    pairs = {
        "precision_count": (figures.precision, figures.counts),
        "accuracy_skewness": (figures.accuracy, figures.skewness),
        "precision_recall": (figures.precision, figures.recall),
    }
    if baseline is not None:
        pairs["count_baseline_count"] = (figures.counts, baseline.counts)
        pairs["accuracy_baseline_accuracy"] = (figures.accuracy, baseline.accuracy)
    return found | {name: _correlation(*pair) for name, pair in pairs.items()}


def _mean(values: Array) -> Measure:
    return lambda rows: float(mean_of_known(values[rows]))


def _correlation(one: Array, other: Array) -> Measure:
    return lambda rows: pearson(one[rows], other[rows])


def _figure(name: str, value: float, drawn: list[float], level: float) -> Figure:
    """Join a value and its draws; draws of a few classes may have no correlation, and where that
    is so for more than one of ten, the interval would be of the others only."""
    empty = Figure(None) if name in SHARES else Figure(None, unit="", better=None)
    if math.isnan(value):
        return empty
    known = [one for one in drawn if not math.isnan(one)]
    if not known or len(known) < 0.9 * len(drawn):
        return replace(empty, value=value)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return replace(empty, value=value, interval=ConfidenceInterval(low, high, HOW, level))
