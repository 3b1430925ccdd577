"""What a benchmark of training sets found: one figure for each suite, training set and seed, and
what they come to.

Paper: Feuer et al. 2024, SELECT, arXiv 2410.05057
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from synthset.results.figure import Better, Figure, Unit
from synthset.results.judge import (
    CORRECTION,
    Difference,
    Leader,
    Runs,
    compare,
    estimate,
    find_leader,
)
from synthset.results.judge_cost import JudgeCost

Group = Literal["base", "natural", "synthetic", "transfer", "self-supervised", "statistics"]


@dataclass(frozen=True)
class Measure:
    """What is measured: a column of the table.

    Attributes:
        name: key, such as `corruptions` or `transfer/digits`.
        text: a few words for tables and figures.
        group: what it tells of.
        unit: `share` (0 to 1, shown in percent), or empty for a plain number.
        better: `higher`, `lower`, or none where neither is better (a count, a correlation).
        radar: whether it is an axis of the radar.
        note: how it was measured, and what a reader must know, for everyone alike.
    """

    name: str
    text: str
    group: Group
    unit: Unit = "share"
    better: Better = "higher"
    radar: bool = True
    note: str = ""


@dataclass(frozen=True)
class Value:
    """One measure of one training set and one seed.

    Attributes:
        measure: name of it.
        arm: name of the training set.
        seed: of split and training.
        value: None where it can't be measured; the note says why.
        images: how many test images it stands on; None where that says nothing.
        note: what a reader must know of this one, such as classes without an image.
        details: parts of it by name, such as the accuracy of each corruption and severity.
    """

    measure: str
    arm: str
    seed: int
    value: float | None
    images: int | None = None
    note: str = ""
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """One measure of one training set, over its seeds.

    Attributes:
        figure: mean over seeds, with its interval.
        difference: to the base; None for the base itself, and where no seed has both.
        rank: among the training sets, 1 the best; equal values share the mean of their ranks. None
            without a value, and where neither end is better.
        notes: each once.
        details: means over seeds.
    """

    figure: Figure
    difference: Difference | None = None
    rank: float | None = None
    notes: tuple[str, ...] = ()
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Cost:
    """What a training set took, from the first candidate to the last update.

    Attributes:
        arm: name of the training set.
        attempted: candidates that were looked at, downloaded or generated; None where nobody
            counted.
        obtained: images that came of them; None likewise.
        kept: images that it trains on, mean over seeds.
        bytes: of the images that it trains on, mean over seeds.
        seconds: wall time that making or picking its sets took; None where they were there before.
        gpu_hours: of that, on GPUs; 0 without one, None likewise.
        training_seconds: wall time of a training, mean over seeds.
        notes: what a reader must know.
    """

    arm: str
    attempted: int | None
    obtained: int | None
    kept: float
    bytes: float | None
    seconds: float | None
    gpu_hours: float | None
    training_seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ranking:
    """How the training sets stand over all measures together.

    Attributes:
        means: name of a training set -> mean of its ranks, 1 the best; without those that have
            no value in any measure.
        ranked: names of the measures, each with the same weight.
        left_out: axes of the radar in which some set has no value: ranks among fewer sets would
            favour whoever couldn't be measured where it is weak.
    """

    means: Mapping[str, float]
    ranked: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Benchmark:
    """Everything that the benchmark's page shows.

    Attributes:
        arms: name -> a few words, in the experiment's order.
        base: name of the arm that the others are compared with.
        seeds: in order.
        measures: columns in order, base first.
        cells: measure -> arm -> cell.
        leaders: measure -> its best arm, and those that it is told apart from.
        ranking: over the axes of the radar.
        costs: one for each arm.
        judges: what the classifiers took that chose images for arms, each once.
        correction: of the p-values of differences and leaders.
        published: whether the published conventions were followed (`--compat`).
        conventions: sentences that say where the corrected and the published conventions differ,
            and which was followed.
    """

    VERSION: ClassVar = 2

    arms: Mapping[str, str]
    base: str
    seeds: tuple[int, ...]
    measures: tuple[Measure, ...]
    cells: Mapping[str, Mapping[str, Cell]]
    leaders: Mapping[str, Leader]
    ranking: Ranking
    costs: tuple[Cost, ...] = ()
    judges: tuple[JudgeCost, ...] = ()
    correction: str = CORRECTION
    published: bool = False
    conventions: tuple[str, ...] = ()


def summarise(
    measures: Sequence[Measure],
    values: Sequence[Value],
    arms: Mapping[str, str],
    base: str,
    judged: Mapping[str, Sequence[Difference]] | None = None,
) -> Benchmark:
    """Join the seeds of every measure and training set, and compare each with the base.

    Args:
        measures: columns.
        values: in any order, one for each measure, arm and seed.
        arms: name -> a few words, in order.
        base: one of them.
        judged: measure -> its differences as the experiment's judgement has them: of one seed they
            are tested image by image, which values alone can't be.

    Returns:
        A benchmark without costs and conventions.
    """
    ordered = sorted(values, key=lambda value: value.seed)
    seeds = tuple(dict.fromkeys(value.seed for value in ordered))
    cells: dict[str, dict[str, Cell]] = {}
    leaders: dict[str, Leader] = {}
    for measure in measures:
        by_arm = {
            arm: [v for v in ordered if (v.measure, v.arm) == (measure.name, arm)] for arm in arms
        }
        runs = {arm: _runs(measure, by_arm[arm]) for arm in arms}
        figures = {arm: estimate(runs[arm], seeds) for arm in arms}
        rows = (judged or {}).get(measure.name)
        if rows is None:
            rows = compare(runs[base], {arm: runs[arm] for arm in arms if arm != base})
        leader = find_leader(runs, figures, base, rows)
        leaders |= {} if leader is None else {measure.name: leader}
        ranks, by_name = _ranks(measure, figures), {row.arm: row for row in rows}
        cells[measure.name] = {
            arm: Cell(
                figures[arm],
                by_name.get(arm),
                ranks.get(arm),
                tuple(dict.fromkeys(one.note for one in by_arm[arm] if one.note)),
                _details(by_arm[arm]),
            )
            for arm in arms
        }
    return Benchmark(arms, base, seeds, tuple(measures), cells, leaders, _ranking(measures, cells))


def _runs(measure: Measure, found: Sequence[Value]) -> Runs:
    return Runs(
        {one.seed: np.array([np.nan if one.value is None else one.value]) for one in found},
        images=next((one.images for one in found if one.images is not None), None),
        unit=measure.unit,
        better=measure.better,
    )


def _ranking(measures: Sequence[Measure], cells: Mapping[str, Mapping[str, Cell]]) -> Ranking:
    """Mean ranks over every axis of the radar that all sets have a value in."""
    axes = {
        one.name: {arm: cell.rank for arm, cell in cells[one.name].items() if cell.rank}
        for one in measures
        if one.radar and one.better
    }
    arms = dict.fromkeys(arm for name in axes for arm in cells[name])
    there = [arm for arm in arms if any(arm in ranks for ranks in axes.values())]
    whole = tuple(name for name, ranks in axes.items() if all(arm in ranks for arm in there))
    means = {arm: float(np.mean([axes[name][arm] for name in whole])) for arm in there if whole}
    return Ranking(means, whole, tuple(name for name in axes if name not in whole))


def _ranks(measure: Measure, figures: Mapping[str, Figure]) -> dict[str, float]:
    if measure.better is None:
        return {}
    sign = 1 if measure.better == "lower" else -1
    known = {arm: sign * one.value for arm, one in figures.items() if one.value is not None}
    values = np.array(list(known.values()))
    return {
        arm: float((values < value).sum() + ((values == value).sum() + 1) / 2)
        for arm, value in known.items()
    }


def _details(values: Sequence[Value]) -> dict[str, float]:
    names = dict.fromkeys(name for one in values for name in one.details)
    return {
        name: float(np.mean([one.details[name] for one in values if name in one.details]))
        for name in names
    }
