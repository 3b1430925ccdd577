"""Does a classifier answer by where an image is from?"""

from __future__ import annotations

from dataclasses import dataclass

from synthset.metrics.statistics.intervals import Interval
from synthset.results.figure import Figure

ASKED = "shares of answers, smoothed binomial errors"


@dataclass(frozen=True)
class TrialSourceUse:
    """How much more often a classifier answers the class that a source stands for on images of that
    source than on real ones, both of other classes and neither trained on.

    Attributes:
        source: the generated set that says most about the class.
        class_name: the class that it stands for: more frequent in it than anywhere else.
        excess: difference of the shares, mean over classes; None where it isn't measured.
        control: the same of a classifier that has seen nothing of the source; None without one.
        missing: why it isn't measured.
    """

    source: str
    class_name: str
    excess: Interval | None = None
    control: Interval | None = None
    missing: str = ""


@dataclass(frozen=True)
class SourceUse:
    """The same of an arm, mean over seeds.

    Attributes:
        source, class_name, missing: of `TrialSourceUse`.
        excess: difference of the shares; no value where no seed has one.
        control: the same of the control.
    """

    source: str
    class_name: str
    excess: Figure
    control: Figure
    missing: str
