"""A figure of an arm: its mean over seeds, and what each of its intervals is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synthset.metrics.statistics.classification import Array
from synthset.metrics.statistics.intervals import around, wilson
from synthset.metrics.statistics.significance import t_interval

SEEDS, TEST = "t over seeds", "bootstrap over test images"
CHANCE = "Wilson over test images"


@dataclass(frozen=True)
class Estimate:
    """A share or an area of one arm.

    Attributes:
        value: mean over seeds; None where the figure doesn't exist (no test images of the class).
        low: lower end at 95 %; None without an interval.
        high: upper end.
        each: of each seed.
        how: what the interval is of. `t over seeds`: other seeds (other draws of the training
            images and of the training, and of the test images where the experiment redraws).
            `bootstrap over test images`, with one seed: other test images, the classifier as it
            is. `Wilson over test images`: the same, of a share in which seeds or draws agree to
            the digit and so tell no spread.
        test_low: of a share, the end of Wilson's interval for as many images as one seed tests, at
            the mean over seeds: how far chance in the test images alone may carry it.
        test_high: its other end.
        images: how many images that is: the test images (accuracy), those of the class (recall),
            those taken for it (precision).
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    each: tuple[float | None, ...] = ()
    how: str = ""
    test_low: float | None = None
    test_high: float | None = None
    images: int | None = None


def estimate(each: Sequence[Array], images: float | None = None) -> Estimate:
    """Join the seeds of a figure.

    Args:
        each: of each seed the figure and then its bootstrap draws, (1 + draws,); the draws count
            where there is one seed.
        images: of a share, on how many images of one seed it stands.
    """
    values = [None if np.isnan(one[0]) else float(one[0]) for one in each]
    known = [value for value in values if value is not None]
    if not known:
        return Estimate(None, each=tuple(values))
    mean = float(np.mean(known))
    test_low = test_high = None
    if images:
        count = max(1, round(images))
        chance = wilson(min(count, round(mean * count)), count)
        test_low, test_high = min(chance.low, mean), max(chance.high, mean)
    low, high, how = _spread(each, known)
    if not how and test_low is not None:
        low, high, how = test_low, test_high, CHANCE
    count_of = round(images) if images else None
    return Estimate(mean, low, high, tuple(values), how, test_low, test_high, count_of)


def _spread(each: Sequence[Array], known: list[float]) -> tuple[float | None, float | None, str]:
    """Both ends, within [0, 1], and what they are of; a figure of one value alone has none."""
    if len(known) > 1:
        found, how = t_interval(known), SEEDS
    elif len(each) == 1 and len(each[0]) > 2:
        found, how = around(known[0], float(np.std(each[0][1:], ddof=1))), TEST
    else:
        return None, None, ""
    if found.high - found.low < 1e-12:
        return None, None, ""
    return max(0.0, found.low), min(1.0, found.high), how
