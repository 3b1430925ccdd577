"""Vendi score: how many different images a part of the set is worth, and each class of it."""

from __future__ import annotations

from dataclasses import replace

from synthset.measures.part import EncodedImages, Part
from synthset.metrics.sets.sample_size import explain_shortfalls
from synthset.metrics.sets.vendi import vendi_score
from synthset.metrics.statistics.intervals import jackknife
from synthset.recipe.metrics import Vendi
from synthset.results.metric_result import JACKKNIFE, MetricResult

GROUPS = 20


def measure(metric: Vendi, part: Part) -> list[MetricResult]:
    """Count how many different images a part is worth, and each class of it if wanted."""
    images = part.read_encoded(metric.encoder)
    results = [_vendi(images)]
    if metric.per_class:
        for key, ours, _ in images.by_class(images.features, images.names):
            results.append(replace(_vendi(ours), class_key=key))
    return results


def _vendi(images: EncodedImages) -> MetricResult:
    empty = images.result(f"Vendi score ({images.by})", "higher")
    count, width = images.features.shape
    if count < 2:
        return empty.warn("fewer than two images")
    interval = jackknife(vendi_score, images.features, groups=min(GROUPS, count))
    return empty.fill(interval, JACKKNIFE, *explain_shortfalls("vendi", 0, count, width))
