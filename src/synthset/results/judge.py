"""Is one arm told apart from another, beyond chance? The one judge of experiments and benchmarks.

At 5 %, after Holm's correction over the comparisons that are made in one measure: of every arm with
the base, and of the best arm with every other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synthset.metrics.statistics.classification import Array
from synthset.metrics.statistics.intervals import Interval, normal_interval, wilson
from synthset.metrics.statistics.significance import (
    holm,
    mcnemar,
    normal_test,
    paired_t,
    t_interval,
)
from synthset.results.figure import (
    CHANCE,
    DRAWS,
    SEEDS,
    Better,
    ConfidenceInterval,
    Figure,
    Unit,
)

CERTAIN = 0.05
CORRECTION = "Holm, over the arms that are compared in one measure"
PAIRED_T, MCNEMAR = "paired t", "McNemar, exact"
NO_WIDTH = 1e-12  # seeds or draws that agree to the digit tell no spread

Verdict = Literal["better", "worse", "other"] | None


@dataclass(frozen=True, eq=False)
class Runs:
    """One measure of one arm.

    Attributes:
        values: seed -> (1 + draws,) the value, then its bootstrap draws; NaN where it has none.
        right: seed -> (N,) test images that are right, where the measure is the share of them.
        images: how many images of one seed a share stands on.
        unit: of the values.
        better: which end is.
    """

    values: Mapping[int, Array]
    right: Mapping[int, NDArray[np.bool_]] = field(default_factory=dict)
    images: float | None = None
    unit: Unit = "share"
    better: Better = "higher"

    def known(self, seed: int) -> float | None:
        """The value of a seed; None where it has none."""
        value = float(self.values[seed][0]) if seed in self.values else np.nan
        return None if np.isnan(value) else value


@dataclass(frozen=True, slots=True)
class Difference:
    """How far an arm lies from the base arm in one measure.

    Attributes:
        arm: its name.
        figure: arm minus base: mean over the seeds that both have, its interval, each seed.
        p: two-sided: paired t test over seeds; with one seed McNemar's exact test, for shares of
            images right, of other measures the spread of the bootstrap's draws. None where there
            is no spread to test with.
        p_holm: corrected for the number of arms that are compared in the same measure.
        test: name of the test; empty without one.
    """

    arm: str
    figure: Figure
    p: float | None = None
    p_holm: float | None = None
    test: str = ""

    @property
    def value(self) -> float:
        """Arm minus base."""
        assert self.figure.value is not None
        return self.figure.value

    @property
    def verdict(self) -> Verdict:
        """Whether the arm is `better` or `worse` than the base beyond chance, or, where neither end
        is better, `other`; None where it may be chance, or there is no test."""
        if self.p_holm is None or self.p_holm >= CERTAIN:
            return None
        if self.figure.better is None:
            return "other"
        return "better" if (self.value > 0) == (self.figure.better == "higher") else "worse"


@dataclass(frozen=True, slots=True)
class Leader:
    """The best of one measure.

    Attributes:
        best: arms of the best mean; several where they are equal.
        beaten: arms that the best one is better than, beyond chance.
    """

    best: tuple[str, ...]
    beaten: tuple[str, ...]


def estimate(runs: Runs, seeds: Sequence[int]) -> Figure:
    """Join the seeds of a measure.

    Args:
        runs: of one arm.
        seeds: in the order of `Figure.each`.
    """
    each = tuple(runs.known(seed) for seed in seeds)
    known = [value for value in each if value is not None]
    empty = Figure(None, None, each, None, None, runs.unit, runs.better)
    if not known:
        return empty
    mean, n = float(np.mean(known)), round(runs.images) if runs.images else None
    chance = _chance(mean, n or 1) if runs.images and runs.unit == "share" else None
    interval = _spread(runs, known)
    return replace(empty, value=mean, interval=interval or chance, n=n, chance=chance)


def compare(base: Runs, arms: Mapping[str, Runs]) -> tuple[Difference, ...]:
    """Compare arms with the base, seed by seed; p is corrected for their number (Holm).

    Args:
        base: the base arm.
        arms: name -> another; those without a shared seed that has a value are left out.
    """
    return compare_pairs({name: (runs, base) for name, runs in arms.items()})


def compare_pairs(arms: Mapping[str, tuple[Runs, Runs]]) -> tuple[Difference, ...]:
    """Compare each arm with an arm of its own, as `compare` does: name -> it, and the other."""
    found = []
    for name, (runs, base) in arms.items():
        shared = [s for s in sorted(runs.values) if None not in (runs.known(s), base.known(s))]
        if shared:
            found.append(_difference(name, runs, base, shared))
    corrected = holm([one.p for one in found])
    return tuple(replace(one, p_holm=p) for one, p in zip(found, corrected, strict=True))


def find_leader(
    arms: Mapping[str, Runs],
    figures: Mapping[str, Figure],
    base: str,
    differences: Sequence[Difference],
) -> Leader | None:
    """Name the best arm of a measure, and the arms that it is better than beyond chance.

    Over two shared seeds or more by the paired t test, corrected (Holm) for the number of arms that
    it is compared with. Over fewer only where the intervals of both lie apart, which for up to nine
    arms is the stricter. Against the base as `compare` says it, where that has a test: so a page
    never says one thing in a sentence and another in its table. Nothing is corrected for having
    picked the best.

    Args:
        arms: name -> runs.
        figures: name -> what `estimate` made of them.
        base: the arm that the others were compared with.
        differences: what `compare` said.

    Returns:
        None where neither end is better, or no arm has a value.
    """
    means = {arm: one.value for arm, one in figures.items() if one.value is not None}
    better = next(iter(figures.values())).better
    if not means or better is None:
        return None
    top = min(means.values()) if better == "lower" else max(means.values())
    best = tuple(arm for arm, mean in means.items() if mean == top)
    first, others = best[0], [arm for arm in means if arm not in best]
    pairs = {arm: _pairs(arms[first], arms[arm]) for arm in others}
    tests = [paired_t(pairs[arm]) if len(pairs[arm]) > 1 else None for arm in others]
    tabled = {one.arm: one for one in differences if one.p_holm is not None}
    sign = -1 if better == "lower" else 1
    beaten = []
    for arm, p in zip(others, holm(tests), strict=True):
        row = tabled.get(arm if first == base else first) if base in (arm, first) else None
        if row is not None:
            apart = row.verdict == ("worse" if first == base else "better")
        elif len(pairs[arm]) > 1:
            apart = p is not None and p < CERTAIN and sign * sum(pairs[arm]) > 0
        else:
            apart = _are_apart(figures[first], figures[arm], sign)
        beaten += [arm] if apart else []
    return Leader(best, tuple(beaten))


def _chance(mean: float, count: int) -> ConfidenceInterval:
    """Wilson's interval; the mean over seeds is no whole number of images, but lies within."""
    found = wilson(min(count, round(mean * count)), count)
    return ConfidenceInterval(min(found.low, mean), max(found.high, mean), CHANCE)


def _spread(runs: Runs, known: Sequence[float]) -> ConfidenceInterval | None:
    """Over seeds, or of the one seed over its draws; a value alone has none."""
    if len(known) > 1:
        return _within(t_interval(known), SEEDS, 0.0, runs.unit)
    (values, *more) = runs.values.values()
    if more or len(values) < 3:
        return None
    return _within(
        normal_interval(known[0], float(np.std(values[1:], ddof=1))), DRAWS, 0.0, runs.unit
    )


def _within(found: Interval, method: str, least: float, unit: Unit) -> ConfidenceInterval | None:
    """Shares end at `least` and at 1."""
    low, high = found.low, found.high
    if high - low < NO_WIDTH:
        return None
    if unit == "share":
        low, high = max(least, low), min(1.0, high)
    return ConfidenceInterval(low, high, method)


def _difference(name: str, runs: Runs, base: Runs, shared: Sequence[int]) -> Difference:
    draws = [runs.values[seed] - base.values[seed] for seed in shared]
    each = tuple(float(draw[0]) for draw in draws)
    interval, p, test = None, None, ""
    if len(each) > 1:
        interval = _within(t_interval(each), SEEDS, -1.0, runs.unit)
        p, test = paired_t(each), PAIRED_T
    else:
        counted = shared[0] in runs.right and shared[0] in base.right
        if len(draws[0]) > 2:
            error = float(np.std(draws[0][1:], ddof=1))
            interval = _within(normal_interval(each[0], error), DRAWS, -1.0, runs.unit)
            p, test = normal_test(each[0], error), DRAWS
        if counted:
            p, test = mcnemar(runs.right[shared[0]], base.right[shared[0]]), MCNEMAR
    mean = float(np.mean(each))
    return Difference(
        name, Figure(mean, interval, each, unit=runs.unit, better=runs.better), p, None, test
    )


def _pairs(one: Runs, other: Runs) -> list[float]:
    pairs = [(one.known(seed), other.known(seed)) for seed in one.values]
    return [a - b for a, b in pairs if a is not None and b is not None]


def _are_apart(best: Figure, other: Figure, sign: int) -> bool:
    one, two = _alone(best), _alone(other)
    if one is None or two is None:
        return False
    return one.low > two.high if sign > 0 else one.high < two.low


def _alone(figure: Figure) -> ConfidenceInterval | None:
    """The interval to be compared with another's: of one seed's share that of the images alone."""
    one_seed = len(figure.each) - figure.each.count(None) == 1
    return figure.chance if one_seed and figure.chance else figure.interval
