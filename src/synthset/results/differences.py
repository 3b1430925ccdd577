"""Arm against base arm on the same test images: how much better, and is it more than chance?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synthset.errors import UsageError
from synthset.metrics.statistics.classification import Array
from synthset.metrics.statistics.intervals import around
from synthset.metrics.statistics.significance import (
    holm,
    mcnemar,
    normal_test,
    paired_t,
    t_interval,
)
from synthset.results.estimate import SEEDS, TEST
from synthset.results.trial import Trial


@dataclass(frozen=True)
class Difference:
    """How far an arm lies from the base arm in one measure.

    Attributes:
        arm: its name.
        measure: such as `accuracy`; of one class `recall of cat`.
        value: arm minus base, mean over the seeds that both have.
        low: lower end at 95 %; None without an interval.
        high: upper end.
        each: of each shared seed.
        how: what the interval is of, as of an `Estimate`: of differences of pairs.
        p: two-sided: paired t test over seeds; with one seed McNemar's exact test, for accuracy
            and the recall of a class, of other measures the spread of the bootstrap's draws. None
            where there is no spread to test with.
        p_holm: corrected for the number of arms that the same measure was looked at in.
        test: name of the test.
    """

    arm: str
    measure: str
    value: float
    low: float | None
    high: float | None
    each: tuple[float, ...]
    how: str
    p: float | None
    p_holm: float | None = None
    test: str = ""


@dataclass(frozen=True, eq=False)
class Measured:
    """A trial and its figures: measure -> (1 + draws,), the figure first."""

    trial: Trial
    figures: Mapping[str, Array]

    def right(self, label: int | None = None) -> NDArray[np.bool_]:
        """Which test images (of one class) it gets right."""
        right = self.trial.probabilities.argmax(axis=1) == self.trial.labels
        chosen: NDArray[np.bool_] = right if label is None else right[self.trial.labels == label]
        return chosen


def differences(
    measure: str,
    base: Mapping[int, Measured],
    arms: Mapping[str, Mapping[int, Measured]],
    label: int | None = None,
    counted: bool = False,
) -> list[Difference]:
    """Compare every arm with the base in one measure.

    Args:
        measure: key of `Measured.figures`.
        base: seed -> the base arm's trial.
        arms: name -> seed -> trial; those without a shared seed or without the figure are left out.
        label: class whose images are counted, where the measure is its recall.
        counted: whether the measure is a share of images right, so that McNemar's test holds.

    Raises:
        UsageError: arms of one seed were tested on different images.
    """
    found = []
    for name, trials in arms.items():
        pairs = [(trials[seed], base[seed]) for seed in sorted(set(trials) & set(base))]
        for one, other in pairs:
            _same_images(one.trial, other.trial)
        pairs = [
            pair for pair in pairs if not np.isnan([p.figures[measure][0] for p in pair]).any()
        ]
        if pairs:
            found.append(_difference(name, measure, pairs, label, counted))
    corrected = holm([one.p for one in found])
    return [replace(one, p_holm=p) for one, p in zip(found, corrected, strict=True)]


def _difference(
    name: str,
    measure: str,
    pairs: Sequence[tuple[Measured, Measured]],
    label: int | None,
    counted: bool,
) -> Difference:
    draws = [one.figures[measure] - other.figures[measure] for one, other in pairs]
    each = tuple(float(draw[0]) for draw in draws)
    if len(each) > 1:
        found = t_interval(each)
        p, test = paired_t(each), "paired t"
        return _made(name, measure, found.value, found.low, found.high, each, SEEDS, p, test)
    p, test = None, ""
    if counted:
        p, test = mcnemar(*(one.right(label) for one in pairs[0])), "McNemar, exact"
    if len(draws[0]) < 3:
        return _made(name, measure, each[0], None, None, each, "", p, test)
    error = float(np.std(draws[0][1:], ddof=1))
    if not counted:
        p, test = normal_test(each[0], error), "bootstrap over test images"
    found = around(each[0], error)
    return _made(name, measure, found.value, found.low, found.high, each, TEST, p, test)


def _made(
    arm: str,
    measure: str,
    value: float,
    low: float | None,
    high: float | None,
    each: tuple[float, ...],
    how: str,
    p: float | None,
    test: str,
) -> Difference:
    """Ends lie within [-1, 1]; pairs that agree to the digit tell no spread, so no interval."""
    if low is not None and high is not None and high - low < 1e-12:
        low = high = None
        how = ""
    low = None if low is None else max(-1.0, low)
    high = None if high is None else min(1.0, high)
    return Difference(arm, measure, value, low, high, each, how, p, None, test)


def _same_images(one: Trial, other: Trial) -> None:
    if not np.array_equal(one.labels, other.labels):
        raise UsageError(
            f"arms {one.arm} and {other.arm}, seed {one.seed}: tested on different images "
            f"({len(one.labels)} and {len(other.labels)}), so they can't be paired; arms of one "
            "seed share their test images in the same order"
        )
