"""Inception scores of a part of the set, and of each class of it."""

from __future__ import annotations

from dataclasses import replace

from synthset.measures.part import EncodedImages, Part
from synthset.metrics.features import softmax
from synthset.metrics.sets.inception_score import inception_score
from synthset.metrics.sets.influence import is_influence, jackknife_error
from synthset.metrics.sets.sample_size import explain_shortfalls
from synthset.metrics.statistics.intervals import mean_interval, normal_interval
from synthset.recipe.metrics import InceptionScore
from synthset.results.figure import Better
from synthset.results.metric_result import JACKKNIFE, MetricResult


def measure(metric: InceptionScore, part: Part) -> list[MetricResult]:
    """Score a part of the set, and each class of it if wanted.

    Within a class no direction is good: an image that shows its class clearly, beside others that
    do, scores 1, and what raises the score are images that the classifier takes for other classes.
    """
    images = part.read_encoded(metric.encoder, "logits")
    results = [_score(images, metric.splits, "higher")]
    if metric.per_class:
        for key, ours, _ in images.by_class(images.features, images.names):
            results.append(replace(_score(ours, 1, None), class_key=key))
    return results


def _score(images: EncodedImages, splits: int, better: Better) -> MetricResult:
    name = "Inception Score" if images.is_standard else f"IS ({images.by})"
    empty = images.result(name, better)
    count, classes = images.features.shape
    if count < 2:
        return empty.warn("fewer than two images")
    splits = min(splits, max(count // 2, 1))
    score = inception_score(images.features, splits=splits)
    if splits > 1:
        interval, method = mean_interval(score.values), "normal over splits"
    else:
        influence = is_influence(softmax(images.features))
        interval, method = normal_interval(score.mean, jackknife_error(influence)), JACKKNIFE
    short = explain_shortfalls("inception_score", 0, count, classes, block=count // splits)
    return replace(empty.fill(interval, method, *short), value=score.mean)
