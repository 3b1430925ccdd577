"""Source leak: can a classifier tell the class of a training image by where the image is from?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from synthset.metrics.statistics.intervals import Interval
from synthset.results.figure import Figure
from synthset.results.source_use import SourceUse

BITS = 0.02  # that a source tells of the class; fewer pay a classifier next to nothing
AREA = 0.6  # AUC of the probe; below it features hardly tell the sources apart
PROBED = "probe within classes, Hanley and McNeil"

Verdict = Literal["leak", "possible", "balanced", ""]


@dataclass(frozen=True)
class SourceProbe:
    """How well a probe tells generated from real training images of one class by the features of
    the classifier that was trained on them.

    Attributes:
        areas: label -> AUC, cross-validated: 0.5 is not told apart, 1 always.
        skipped: classes with images of both kinds that weren't probed, mostly for too few of one.
    """

    areas: Mapping[int, Interval]
    skipped: int

    @property
    def mean(self) -> Interval | None:
        """Mean over the probed classes, whose images are different ones: squared distances to the
        ends add up. None without a class."""
        if not self.areas:
            return None
        found = np.array([[one.value, one.low, one.high] for one in self.areas.values()])
        value, count = float(found[:, 0].mean()), len(found)
        below, above = (
            float(np.sqrt(((found[:, 0] - found[:, end]) ** 2).sum())) / count for end in (1, 2)
        )
        return Interval(value, value - below, value + above)


@dataclass(frozen=True)
class SourceLeak:
    """What the source of an image tells of its class, before a training and after it.

    Attributes:
        bits: mutual information of source and class, as images are drawn.
        by_loss: whether the loss takes that prior away (`prior: source`).
        auc: mean over classes and seeds of `SourceProbe`; None where none was measured.
        probed: classes that were probed, mean over seeds.
        skipped: classes with images of both kinds that weren't, mean over seeds.
        use: whether classifiers answer by the source; None where it says nothing about the class.
    """

    bits: float
    by_loss: bool
    auc: Figure | None = None
    probed: float = 0.0
    skipped: float = 0.0
    use: SourceUse | None = None

    @property
    def verdict(self) -> Verdict:
        """`leak`: the source tells of the class, and the features tell the source; `possible`: the
        same, but nobody has probed them; `balanced`: a leak, for which the loss pays nothing; empty
        without one."""
        if self.bits < BITS:
            return ""
        area = None if self.auc is None else self.auc.value
        if area is not None and area < AREA:
            return ""
        if self.by_loss:
            return "balanced"
        return "possible" if area is None else "leak"
