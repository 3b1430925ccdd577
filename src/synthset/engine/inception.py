"""Inception scores of a part of the set, and of each class of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import softmax

from synthset.engine.compare import Result, Seen, class_by_class
from synthset.metrics.sets.inception_score import inception_score
from synthset.metrics.sets.influence import is_influence, jackknife_error
from synthset.metrics.sets.sample_size import shortfalls
from synthset.metrics.statistics.intervals import around, mean_interval
from synthset.recipe.scores import InceptionScore


def inception(metric: InceptionScore, seen: Seen) -> list[Result]:
    """Score a part of the set, and each class of it if wanted.

    Within a class no direction is good: an image that shows its class clearly, beside others that
    do, scores 1, and what raises the score are images that the classifier takes for other classes.

    Args:
        metric: its settings.
        seen: the part, with logits for features.
    """
    results = [_scored(seen, metric.splits, "higher")]
    if metric.per_class:
        for key, ours, _ in class_by_class(seen, seen.features, seen.names):
            results.append(replace(_scored(ours, 1, "neither"), class_key=key))
    return results


def _scored(seen: Seen, splits: int, better: str) -> Result:
    name = "Inception Score" if seen.kind == "inception" else f"IS ({seen.by})"
    empty = seen.result(name, better)
    count, classes = seen.features.shape
    if count < 2:
        return replace(empty, warning="fewer than two images")
    splits = min(splits, max(count // 2, 1))
    score = inception_score(seen.features, splits=splits)
    if splits > 1:
        interval = mean_interval(score.values)
    else:
        influence = is_influence(softmax(seen.features.astype(np.float64), axis=1))
        interval = around(score.mean, jackknife_error(influence))
    short = "; ".join(shortfalls("inception_score", 0, count, classes, block=count // splits))
    ends = (interval.low, interval.high)
    return replace(empty, value=score.mean, interval=ends, warning=short or None)
