"""Kernel Inception Distance of a part of the set, and of each class of it."""

from __future__ import annotations

from synthset.measures.comparison import compare, fill_discrepancy
from synthset.measures.part import EncodedImages, Part
from synthset.metrics.features import Features
from synthset.metrics.sets.kid import kid_full
from synthset.recipe.metrics import Kid
from synthset.results.metric_result import MetricResult

SCALE = 1000.0


def measure(metric: Kid, part: Part) -> list[MetricResult]:
    """Compare a part with a reference set, and each class of it if wanted."""
    return compare(metric, part, _kid)


def _kid(images: EncodedImages, real: Features, what: str) -> list[MetricResult]:
    name = "KID x 1000" if images.is_standard else f"KD x 1000 ({images.by})"
    empty = images.result(name, "lower", what)
    return [fill_discrepancy(empty, real, images.features, kid_full, SCALE)]
