"""How the training sets stand over all figures together: their mean rank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthset.results.benchmark import Benchmark, Figure


@dataclass(frozen=True)
class Ranking:
    """Mean ranks, and what they are of.

    Attributes:
        means: name of a training set -> mean of its ranks, 1 the best; without those that have
            no value in any figure.
        figures: that were ranked, each with the same weight.
        left_out: axes of the radar in which some set has no value: ranks among fewer sets would
            favour whoever couldn't be measured where it is weak.
    """

    means: dict[str, float]
    figures: tuple[Figure, ...]
    left_out: tuple[Figure, ...]


def rank_all(benchmark: Benchmark) -> Ranking:
    """Rank the sets in every axis of the radar that all of them have a value in."""
    axes = [figure for figure in benchmark.figures if figure.radar and figure.better]
    by_figure = {figure.name: benchmark.ranks(figure) for figure in axes}
    there = [arm for arm in benchmark.arms if any(arm in ranks for ranks in by_figure.values())]
    whole = tuple(figure for figure in axes if all(arm in by_figure[figure.name] for arm in there))
    means = {
        arm: float(np.mean([by_figure[figure.name][arm] for figure in whole]))
        for arm in there
        if whole
    }
    left_out = tuple(figure for figure in axes if figure not in whole)
    return Ranking(means, whole, left_out)
