"""CLIP maximum mean discrepancy of a part of the set, and of each class of it."""

from __future__ import annotations

from functools import partial

from synthset.measures.comparison import compare, fill_discrepancy
from synthset.measures.part import EncodedImages, Part
from synthset.metrics.features import Features
from synthset.metrics.sets.cmmd import cmmd
from synthset.recipe.metrics import Cmmd
from synthset.results.metric_result import MetricResult


def measure(metric: Cmmd, part: Part) -> list[MetricResult]:
    """Compare a part with a reference set, and each class of it if wanted."""
    return compare(metric, part, _cmmd)


def _cmmd(images: EncodedImages, real: Features, what: str) -> list[MetricResult]:
    empty = images.result(f"CMMD ({images.by})", "lower", what)
    unbiased = partial(cmmd, with_diagonal=False)
    return [fill_discrepancy(empty, real, images.features, unbiased, 1.0)]
