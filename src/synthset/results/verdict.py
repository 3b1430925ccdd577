"""Is one arm told apart from another, beyond chance? The one judge of experiments and benchmarks.

At 5 %, after Holm's correction over the comparisons that a page shows of one figure: of every arm
with the base in its table of differences, of the best arm with every other in its sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from synthset.metrics.statistics.significance import holm, paired_t

CERTAIN = 0.05


@dataclass(frozen=True)
class Runs:
    """One figure of one arm.

    Attributes:
        each: seed -> value.
        low: lower end of the interval of its mean; None without one.
        high: upper end.
    """

    each: Mapping[int, float]
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Gap:
    """An arm minus the base in one figure.

    Attributes:
        value: mean over shared seeds.
        p: corrected for the number of arms; None where there is no test.
    """

    value: float
    p: float | None


def beyond_chance(p: float | None) -> bool:
    """Whether a corrected p is below 5 %; what has no test may be chance."""
    return p is not None and p < CERTAIN


def beaten(
    best: str,
    runs: Mapping[str, Runs],
    base: str,
    gaps: Mapping[str, Gap],
    better: Literal["higher", "lower"] = "higher",
) -> set[str]:
    """Name the arms that the best one is better than, beyond chance.

    Over two shared seeds or more by the paired t test, corrected (Holm) for the number of arms that
    it is compared with. Over fewer only where the intervals of both lie apart, which for up to nine
    arms is the stricter. The base as the table of differences says it, where that has a test: so
    a page never says one thing in a sentence and another in its table. Nothing is corrected for
    having picked the best.

    Args:
        best: the arm with the best mean.
        runs: name -> figure of every arm that has one.
        base: name of the arm that the table compares with.
        gaps: arm -> its row of that table.
        better: which end is.
    """
    others = [arm for arm in runs if arm != best]
    sign = 1 if better == "higher" else -1
    pairs = {arm: _gaps(runs[best], runs[arm]) for arm in others}
    tests = [paired_t(pairs[arm]) if len(pairs[arm]) > 1 else None for arm in others]
    found = set()
    for arm, p in zip(others, holm(tests), strict=True):
        tabled = gaps.get(arm if best == base else best) if base in (arm, best) else None
        if tabled is not None and tabled.p is not None:
            ahead = tabled.value if arm == base else -tabled.value
            apart = beyond_chance(tabled.p) and sign * ahead > 0
        elif len(pairs[arm]) > 1:
            apart = beyond_chance(p) and sign * sum(pairs[arm]) > 0
        else:
            apart = _apart(runs[best], runs[arm], sign)
        if apart:
            found.add(arm)
    return found


def _gaps(one: Runs, other: Runs) -> list[float]:
    return [one.each[seed] - other.each[seed] for seed in one.each if seed in other.each]


def _apart(best: Runs, other: Runs, sign: int) -> bool:
    if best.low is None or best.high is None or other.low is None or other.high is None:
        return False
    return best.low > other.high if sign > 0 else best.high < other.low
