"""Recognition rate: the share of images whose class is recognised, in all, class by class, and over
the classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synthset.measures.part import Part
from synthset.metrics.sets.recognition import TOP, recognition_rate
from synthset.metrics.sets.recognition import RecognitionRates as Rates
from synthset.metrics.sets.sample_size import explain_shortfalls
from synthset.metrics.statistics.classification import describe_classes
from synthset.metrics.statistics.intervals import (
    LEVEL,
    jackknife,
    normal_interval,
    normal_quantile,
    wilson,
)
from synthset.recipe.metrics import RecognitionRate
from synthset.results.figure import Better
from synthset.results.metric_result import NORMAL, WILSON, MetricResult

GROUPS = 20


def measure(metric: RecognitionRate, part: Part) -> list[MetricResult]:
    """Share of images whose class is recognised: first choice, and among the first five.

    An image of all that failed or is blank counts as not recognised.

    Returns:
        Both rates, in all and by class; and of the first the mean, deviation and extremes over the
        classes. Intervals of rates and means are over images, those of the others over classes.
    """
    records, recipe = part.reader.records, part.reader.recipe
    score = next(score for score in recipe.scores if score.prefix == metric.score)
    mask = part.rows if part.name != "all" else np.ones(len(part.rows), dtype=bool)
    by = part.describe_encoder(score.seen_by or "")
    empty = MetricResult(
        name="recognition rate",
        of=part.name,
        n=int(mask.sum()),
        measured_by=by,
        unit="share",
        better="higher",
    )
    if not mask.any():
        return [empty.warn("no images")]
    rank = np.asarray(records[f"{metric.score}_rank"].fill_null(0), dtype=np.int64)[mask]
    labels = np.asarray(records["label"], dtype=np.int64)[mask]
    first = recognition_rate(rank == 1, labels)
    among = recognition_rate((rank >= 1) & (rank <= TOP), labels)
    keys = part.class_keys
    results = _rates(empty, first, labels, keys)
    results += _rates(replace(empty, name=f"recognition rate, top {TOP}"), among, labels, keys)
    return [*results, *_over_classes(empty, first, len(part.reader.dataset.classes()))]


def _rates(
    empty: MetricResult, rates: Rates, labels: NDArray[np.int64], keys: dict[int, str]
) -> list[MetricResult]:
    results = [
        empty.fill(rates.rate, WILSON, *explain_shortfalls("recognition_rate", 0, empty.n, 1))
    ]
    for label, interval in rates.per_class.items():
        count = int((labels == label).sum())
        one = replace(empty, n=count, class_key=keys[label])
        results.append(one.fill(interval, WILSON))
    return results


def _over_classes(empty: MetricResult, rates: Rates, classes: int) -> Iterator[MetricResult]:
    """Mean, deviation and extremes: each class counts the same, however many images it has."""
    each = list(rates.per_class.values())
    empty = replace(empty, over=describe_classes(len(each), classes))
    errors = np.array([one.high - one.low for one in each]) / (2 * normal_quantile(LEVEL))
    mean = normal_interval(rates.mean_per_class, float(np.sqrt((errors**2).sum())) / len(each))
    mean = replace(mean, low=max(mean.low, 0.0), high=min(mean.high, 1.0))  # a share
    yield replace(empty, name="recognition rate, mean of classes").fill(mean, NORMAL)
    spread = replace(empty, name="recognition rate, deviation of classes", better="lower")
    if len(each) > 1:
        shares = np.array([[one.value] for one in each])  # (K, 1)
        groups = min(GROUPS, len(each))
        found = jackknife(lambda rows: float(rows.std()), shares, groups)
        yield spread.fill(found, "jackknife over classes")
    else:
        yield replace(spread, value=rates.std_per_class).warn("one class has no deviation")
    ends: tuple[tuple[str, float, Better], ...] = (
        ("classes with none recognised", rates.share_none, "lower"),
        ("classes with all recognised", rates.share_all, "higher"),
    )
    for name, share, better in ends:
        found = wilson(round(share * len(each)), len(each))
        yield replace(empty, name=name, better=better).fill(found, "Wilson over classes")
