"""Metrics that sum up a column of scores: in all, class by class, and over the classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthset.engine.compare import Result
from synthset.metrics.sets.recognition import TOP, RecognitionRate, recognition_rate
from synthset.metrics.sets.sample_size import shortfalls
from synthset.metrics.statistics.classification import over_classes
from synthset.metrics.statistics.intervals import (
    LEVEL,
    Interval,
    around,
    bootstrap,
    jackknife,
    mean_interval,
    normal_quantile,
    wilson,
)

GROUPS = 20
DRAWS = 100

Mask = NDArray[np.bool_]


def recognition(
    records: pa.Table, prefix: str, by: str, part: str, mask: Mask, classes: int
) -> list[Result]:
    """Share of images whose class is recognised: first choice, and among the first five.

    Args:
        records: with the columns of a recognition score.
        prefix: of those columns.
        by: the classifier in words.
        part: `all`, `kept` or `rejected`.
        mask: (N,) its images; a failed image in it counts as not recognised.
        classes: of the dataset, also those without an image.

    Returns:
        Both rates, in all and by class; and of the first the mean, deviation and extremes over the
        classes. Intervals of rates and means are over images, those of the others over classes.
    """
    empty = Result("recognition rate", part, None, int(mask.sum()), by, "higher")
    if not mask.any():
        return [replace(empty, warning="no images")]
    rank = np.asarray(records.column(f"{prefix}_rank").fill_null(0), dtype=np.int64)[mask]
    labels = np.asarray(records.column("label"), dtype=np.int64)[mask]
    first = recognition_rate(rank == 1, labels)
    among = recognition_rate((rank >= 1) & (rank <= TOP), labels)
    keys = _keys(records)
    results = _rates(empty, first, labels, keys)
    results += _rates(replace(empty, name=f"recognition rate, top {TOP}"), among, labels, keys)
    return [*results, *_over_classes(empty, first, classes)]


def _rates(
    empty: Result, rates: RecognitionRate, labels: NDArray[np.int64], keys: dict[int, str]
) -> list[Result]:
    short = "; ".join(shortfalls("recognition_rate", 0, empty.n, 1)) or None
    results = [_filled(replace(empty, warning=short), rates.rate)]
    for label, interval in rates.per_class.items():
        count = int((labels == label).sum())
        results.append(_filled(replace(empty, n=count, class_key=keys[label]), interval))
    return results


def _over_classes(empty: Result, rates: RecognitionRate, classes: int) -> Iterator[Result]:
    """Mean, deviation and extremes: each class counts the same, however many images it has."""
    each = list(rates.per_class.values())
    empty = replace(empty, over=over_classes(len(each), classes))
    errors = np.array([one.high - one.low for one in each]) / (2 * normal_quantile(LEVEL))
    mean = around(rates.mean_per_class, float(np.sqrt((errors**2).sum())) / len(each))
    mean = replace(mean, low=max(mean.low, 0.0), high=min(mean.high, 1.0))  # a share
    yield _filled(replace(empty, name="recognition rate, mean of classes"), mean)
    spread = replace(empty, name="recognition rate, deviation of classes", better="lower")
    if len(each) > 1:
        shares = np.array([[one.value] for one in each])  # (K, 1)
        found = jackknife(lambda rows: float(rows.std()), shares, min(GROUPS, len(each)))
        yield _filled(spread, found)
    else:
        yield replace(spread, value=rates.std_per_class, warning="one class has no deviation")
    for name, share, better in (
        ("classes with none recognised", rates.share_none, "lower"),
        ("classes with all recognised", rates.share_all, "higher"),
    ):
        found = wilson(round(share * len(each)), len(each))
        yield _filled(replace(empty, name=name, better=better), found)


def clip_scores(records: pa.Table, column: str, by: str, part: str, mask: Mask) -> list[Result]:
    """Mean of a CLIP score, its deviation over images, and the mean of each class.

    Args:
        records: with that column.
        column: 100 x cosine.
        by: the CLIP in words.
        part: `all`, `kept` or `rejected`.
        mask: (N,) its images; those without a score are left out.
    """
    values = np.asarray(records.column(column).cast(pa.float64()).fill_null(np.nan))
    there = mask & ~np.isnan(values)
    empty = Result("CLIP score", part, None, int(there.sum()), by, "higher")
    if there.sum() < 2:
        return [replace(empty, warning="fewer than two images")]
    results = [_filled(empty, mean_interval(values[there]))]
    deviation = bootstrap(lambda rows: float(rows.std(ddof=1)), values[there][:, None], draws=DRAWS)
    spread = replace(empty, name="CLIP score, deviation of images", better="neither")
    results.append(_filled(spread, deviation))
    labels = np.asarray(records.column("label"), dtype=np.int64)
    for label, key in sorted(_keys(records).items()):
        mine = values[there & (labels == label)]
        if len(mine) > 1:
            one = replace(empty, n=len(mine), class_key=key)
            results.append(_filled(one, mean_interval(mine)))
    return results


def _keys(records: pa.Table) -> dict[int, str]:
    labels, keys = (records.column(name).to_pylist() for name in ("label", "class_key"))
    return dict(zip(labels, keys, strict=True))


def _filled(empty: Result, found: Interval) -> Result:
    return replace(empty, value=found.value, interval=(found.low, found.high))
