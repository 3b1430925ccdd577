"""What a metric gives: a figure of a part of the set, and all that is needed to read it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from synthset.metrics.caution import Caution
from synthset.metrics.statistics.intervals import Interval
from synthset.results.figure import Better, ConfidenceInterval, Figure, Unit

Subject = Literal["recognition", "distance", "diversity", "clip"] | None

WILSON = "Wilson over images"
NORMAL = "normal over images"
BOOTSTRAP = "bootstrap over images"
JACKKNIFE = "jackknife over images"


@dataclass(frozen=True, slots=True)
class Floor:
    """What real images score against other real images: no set can be expected to do better.

    Attributes:
        value: mean of a few draws.
        interval: where one draw falls, 95 %.
        n_real: images that stood for the reference.
        n_generated: images that stood for the set.
    """

    value: float
    interval: tuple[float, float]
    n_real: int
    n_generated: int


@dataclass(frozen=True, slots=True)
class SourceCue:
    """What a probe told generated from real images by.

    Attributes:
        name: the trait, such as `jpeg`.
        preprocessing: what both sides went through before, in words; None for images as stored.
    """

    name: str
    preprocessing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricResult(Figure):
    """A figure of a part of the set. Without a value it could not be measured; the cautions say
    why.

    Attributes:
        name: what it may be called.
        of: `all`, `kept` or `rejected`.
        n: images that it was measured on.
        measured_by: the encoder in words.
        class_key: the class, or None for the whole set.
        reference: what it was compared with, in words.
        cautions: what to mind.
        floor: what real images score at this count, where the number depends on it.
        failed: what broke the metric; None where nothing did. It is tried again by the next run.
        over: over how many classes a mean of classes is, where some have no image.
        subject: what it tells of the set, where one figure is to stand for that.
        cue: what a probe told the sides apart by.
        pairs: the closest pairs behind it, for the report; stored beside the results.
    """

    name: str
    of: str
    measured_by: str
    value: float | None = None
    n: int = 0
    unit: Unit = ""
    better: Better = None
    class_key: str | None = None
    reference: str | None = None
    cautions: tuple[Caution, ...] = ()
    floor: Floor | None = None
    failed: str | None = None
    over: str = ""
    subject: Subject = None
    cue: SourceCue | None = None
    pairs: Annotated[dict[str, Any] | None, Field(exclude=True)] = None

    @property
    def warning(self) -> str | None:
        """What to mind, in words."""
        return "; ".join(map(str, self.cautions)) or None

    def fill(self, found: Interval, method: str, *cautions: Caution | str) -> MetricResult:
        """The same with value and interval, and how that was made."""
        interval = ConfidenceInterval(found.low, found.high, method, found.level)
        return replace(self, value=found.value, interval=interval).warn(*cautions)

    def warn(self, *cautions: Caution | str) -> MetricResult:
        """The same with more to mind."""
        more = [Caution(one) if isinstance(one, str) else one for one in cautions if one]
        return replace(self, cautions=(*self.cautions, *more))


@dataclass(frozen=True, slots=True)
class SetResults:
    """All results of a set, as they are stored, in the recipe's order."""

    VERSION: ClassVar[int] = 1

    results: tuple[MetricResult, ...]
