"""One number, and what is needed to read it: its intervals, its unit, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthset.metrics.statistics.intervals import LEVEL

Unit = Literal["share", ""]
Better = Literal["higher", "lower"] | None

SEEDS = "t over seeds"
DRAWS = "bootstrap over test images"
CHANCE = "Wilson over test images"


@dataclass(frozen=True, slots=True)
class ConfidenceInterval:
    """Where the truth plausibly lies.

    Attributes:
        low: lower end.
        high: upper end.
        method: what it is of. `t over seeds`: other seeds (other draws of the training images and
            of the training, and of the test images where the experiment redraws). `bootstrap over
            test images`, with one seed: other test images, the classifier as it is. `Wilson over
            test images`: the same, of a share.
        level: how often such an interval holds the truth, in (0, 1).
    """

    low: float
    high: float
    method: str
    level: float = LEVEL


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that was measured, or the difference of two.

    Attributes:
        value: mean over seeds; None where it doesn't exist (no test images of the class).
        interval: None where nothing tells a spread.
        each: of each seed; None where a seed has no value.
        n: how many images of one seed a share stands on: the test images (accuracy), those of the
            class (recall), those taken for it (precision). None where that says nothing.
        chance: of a share, Wilson's interval of as many images at the mean over seeds: how far
            chance in the test images alone may carry it.
        unit: `share` (0 to 1, shown in percent), or empty for a plain number.
        better: `higher`, `lower`, or None where neither is better (a count, a correlation).
    """

    value: float | None
    interval: ConfidenceInterval | None = None
    each: tuple[float | None, ...] = ()
    n: int | None = None
    chance: ConfidenceInterval | None = None
    unit: Unit = "share"
    better: Better = "higher"
