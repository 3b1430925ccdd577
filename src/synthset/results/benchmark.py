"""What a benchmark of training sets found: one figure for each suite, training set and seed, and
what they come to.

Paper: Feuer et al. 2024, SELECT, arXiv 2410.05057
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from synthset.metrics.statistics.intervals import Interval, wilson
from synthset.metrics.statistics.significance import holm, paired_t, t_interval
from synthset.results.differences import Difference

Group = Literal["base", "natural", "synthetic", "transfer", "self-supervised", "statistics"]
SEEDS, CHANCE = "t over seeds", "Wilson over test images"


@dataclass(frozen=True)
class Figure:
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
    unit: Literal["share", ""] = "share"
    better: Literal["higher", "lower"] | None = "higher"
    radar: bool = True
    note: str = ""


@dataclass(frozen=True)
class Value:
    """One figure of one training set and one seed.

    Attributes:
        figure: name of it.
        arm: name of the training set.
        seed: of split and training.
        value: None where it can't be measured; the note says why.
        images: how many test images it stands on; None where that says nothing.
        note: what a reader must know of this one, such as classes without an image.
        details: parts of it by name, such as the accuracy of each corruption and severity.
    """

    figure: str
    arm: str
    seed: int
    value: float | None
    images: int | None = None
    note: str = ""
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """One figure of one training set, over its seeds.

    Attributes:
        value: mean over seeds; None where no seed has one.
        low: lower end at 95 %; None without an interval.
        high: upper end.
        how: what the interval is of: `t over seeds`, or, of one seed's share, `Wilson over test
            images`.
        each: of each seed, in the order of the seeds; None where it has no value.
        images: test images of one seed.
        difference: mean over shared seeds of this minus the base's; None for the base itself.
        difference_low: lower end at 95 %, of pairs; None with fewer than two pairs, where the
            experiment's judgement has none either.
        difference_high: upper end.
        p: of the paired t test (of one pair, of the judgement's test over its images), corrected
            (Holm) for the number of training sets.
        notes: each once.
        details: means over seeds.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    how: str = ""
    each: tuple[float | None, ...] = ()
    images: int | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    p: float | None = None
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
class Benchmark:
    """Everything that the benchmark's page shows.

    Attributes:
        arms: name -> a few words, in the experiment's order.
        base: name of the arm that the others are compared with.
        seeds: in order.
        figures: columns in order, base first.
        cells: figure -> arm -> cell.
        costs: one for each arm.
        published: whether the published conventions were followed (`--compat`).
        conventions: sentences that say where the corrected and the published conventions differ,
            and which was followed.
    """

    arms: Mapping[str, str]
    base: str
    seeds: tuple[int, ...]
    figures: tuple[Figure, ...]
    cells: Mapping[str, Mapping[str, Cell]]
    costs: tuple[Cost, ...]
    published: bool = False
    conventions: tuple[str, ...] = ()

    def ranks(self, figure: Figure) -> dict[str, float]:
        """Rank the arms in one figure, 1 the best; equal values share the mean of their ranks.
        Nothing where neither end is better; arms without a value have no rank."""
        if figure.better is None:
            return {}
        known = {
            arm: cell.value if figure.better == "lower" else -cell.value
            for arm, cell in self.cells[figure.name].items()
            if cell.value is not None
        }
        values = np.array(list(known.values()))
        return {
            arm: float((values < value).sum() + ((values == value).sum() + 1) / 2)
            for arm, value in known.items()
        }


def summarise(
    figures: Sequence[Figure],
    values: Sequence[Value],
    arms: Sequence[str],
    base: str,
    judged: Mapping[str, Sequence[Difference]] | None = None,
) -> dict[str, dict[str, Cell]]:
    """Join the seeds of every figure and training set, and compare each with the base.

    Args:
        figures: columns.
        values: in any order, one for each figure, arm and seed.
        arms: names in order.
        base: one of them.
        judged: figure -> its differences as the experiment's judgement has them: of one seed they
            are tested image by image, which values alone can't be.

    Returns:
        figure -> arm -> cell, for every pair.
    """
    cells: dict[str, dict[str, Cell]] = {}
    seeds = sorted({value.seed for value in values})
    for figure in figures:
        tested = {row.arm: row for row in (judged or {}).get(figure.name, ())}
        by_arm = {
            arm: {v.seed: v for v in values if v.figure == figure.name and v.arm == arm}
            for arm in arms
        }
        found = {
            arm: _cell(figure, seeds, by_arm[arm], by_arm[base], tested.get(arm))
            for arm in arms
            if arm != base
        }
        ps = holm([cell.p for cell in found.values()])
        corrected = {
            arm: Cell(**{**vars(cell), "p": p})
            for (arm, cell), p in zip(found.items(), ps, strict=True)
        }
        corrected[base] = _cell(figure, seeds, by_arm[base], {})
        cells[figure.name] = {arm: corrected[arm] for arm in arms}
    return cells


def _cell(
    figure: Figure,
    seeds: Sequence[int],
    mine: Mapping[int, Value],
    base: Mapping[int, Value],
    judged: Difference | None = None,
) -> Cell:
    ordered = [mine[seed] for seed in sorted(mine)]
    known = [one.value for one in ordered if one.value is not None]
    images = next((one.images for one in ordered if one.images is not None), None)
    low, high, how = _spread(figure, known, images)
    pairs = [
        one.value - base[one.seed].value  # type: ignore[operator]  # neither is None
        for one in ordered
        if one.value is not None and one.seed in base and base[one.seed].value is not None
    ]
    between: Interval | Difference | None = t_interval(pairs) if len(pairs) > 1 else judged
    names = list(dict.fromkeys(name for one in ordered for name in one.details))
    return Cell(
        value=float(np.mean(known)) if known else None,
        low=low,
        high=high,
        how=how,
        each=tuple(mine[seed].value if seed in mine else None for seed in seeds),
        images=images,
        difference=float(np.mean(pairs)) if pairs else None,
        difference_low=between.low if between else None,
        difference_high=between.high if between else None,
        p=paired_t(pairs) if len(pairs) > 1 else judged.p if judged else None,
        notes=tuple(dict.fromkeys(one.note for one in ordered if one.note)),
        details={
            name: float(np.mean([one.details[name] for one in ordered if name in one.details]))
            for name in names
        },
    )


def _spread(
    figure: Figure, known: Sequence[float], images: int | None
) -> tuple[float | None, float | None, str]:
    """Both ends and what they are of; shares stay within [0, 1]."""
    if len(known) > 1:
        found = t_interval(known)
        if found.high - found.low < 1e-12:
            return None, None, ""
        low, high = found.low, found.high
        return (max(0.0, low), min(1.0, high), SEEDS) if figure.unit else (low, high, SEEDS)
    if len(known) == 1 and figure.unit == "share" and images:
        found = wilson(round(known[0] * images), images)
        return min(found.low, known[0]), max(found.high, known[0]), CHANCE
    return None, None, ""
