"""Comparisons of a part of the set with real images, in all and class by class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from synthset.measures.part import FEWEST, EncodedImages, Part
from synthset.metrics.caution import Caution
from synthset.metrics.features import Features
from synthset.metrics.sets.mmd import Discrepancy
from synthset.metrics.statistics.intervals import normal_interval
from synthset.recipe.metrics import Cmmd, Kid, Prdc
from synthset.results.metric_result import NORMAL, MetricResult

ROUGH = 20  # below so many images a standard error is itself a guess


def compare(
    metric: Kid | Cmmd | Prdc,
    part: Part,
    figures: Callable[[EncodedImages, Features, str], list[MetricResult]],
) -> list[MetricResult]:
    """Compare a part with a reference set, and each class of it if wanted.

    Args:
        metric: names encoder and reference.
        part: of the set.
        figures: gives the results of some images beside real ones, and the reference in words.
    """
    reference = part.reader.reference(metric.reference, metric.encoder)
    real, images = reference.images(), part.read_encoded(metric.encoder)
    results = figures(images, real.features, reference.what)
    if metric.per_class:
        for key, ours, theirs in images.by_class(real.features, real.names):
            found = figures(ours, theirs, reference.what)
            results += [replace(result, class_key=key) for result in found]
    return results


def fill_discrepancy(
    empty: MetricResult,
    real: Features,
    generated: Features,
    discrepancy: Callable[[Features, Features], Discrepancy],
    scale: float,
) -> MetricResult:
    """Unbiased at any count, so that the interval says what few images cost."""
    fewer = min(len(generated), len(real))
    if fewer < FEWEST:
        return empty.warn("fewer than three images")
    found = discrepancy(real, generated)
    few = Caution("with {} images, the interval itself is rough", (fewer,))
    error = normal_interval(scale * found.value, scale * found.standard_error)
    return empty.fill(error, NORMAL, *([few] if fewer < ROUGH else ()))
