"""Precision, recall, density and coverage of a part of the set, and of each class of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from synthset.measures.comparison import compare
from synthset.measures.part import EncodedImages, Part
from synthset.metrics.features import Features
from synthset.metrics.sets.prdc import find_neighbourhoods, summarise
from synthset.metrics.sets.sample_size import explain_shortfalls
from synthset.metrics.statistics.intervals import mean_interval, wilson
from synthset.recipe.metrics import Prdc
from synthset.results.metric_result import NORMAL, WILSON, MetricResult

NAMES = ("precision", "recall", "density", "coverage")


def measure(metric: Prdc, part: Part) -> list[MetricResult]:
    """Compare a part with a reference set, and each class of it if wanted."""
    return compare(metric, part, partial(_prdc, metric.k))


def _prdc(k: int, images: EncodedImages, real: Features, what: str) -> list[MetricResult]:
    empty = [images.result(f"{name} ({images.by})", "higher", what) for name in NAMES]
    count = len(images.features)
    if min(count, len(real)) <= k:
        return [one.warn(f"needs more than k = {k} images") for one in empty]
    found = find_neighbourhoods(real, images.features, k)
    ranges = (
        (wilson(int((found.balls_around > 0).sum()), count), WILSON),
        (wilson(int(found.recalled.sum()), len(real)), WILSON),
        (mean_interval(found.balls_around / k), NORMAL),
        (wilson(int(found.covered.sum()), len(real)), WILSON),
    )
    short = explain_shortfalls("prdc", len(real), count, real.shape[1])
    values = summarise(found, k)
    return [
        replace(one.fill(*interval, *short), value=float(getattr(values, name)))
        for one, name, interval in zip(empty, NAMES, ranges, strict=True)
    ]
