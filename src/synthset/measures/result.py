"""What a metric gives: one number, and all that is needed to read it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from synthset.metrics.statistics.intervals import Interval


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Result:
    """One number, and all that is needed to read it.

    Attributes:
        name: what it may be called.
        of: `all`, `kept` or `rejected`.
        value: None where it could not be measured; `warning` says why.
        n: images that it was measured on.
        measured_by: the encoder in words.
        better: `lower`, `higher` or `neither`.
        interval: 95 %, or None.
        class_key: the class, or None for the whole set.
        reference: what it was compared with, in words.
        warning: what to mind.
        floor: what real images score at this count, where the number depends on it.
        failed: what broke the metric; None where nothing did. It is tried again by the next run.
        over: over how many classes a mean of classes is, where some have no image.
        kind: of the metric that gave it, such as `frechet_distance`.
        pairs: the closest pairs behind it, for the report; stored beside the results.
    """

    name: str
    of: str
    value: float | None
    n: int
    measured_by: str
    better: str
    interval: tuple[float, float] | None = None
    class_key: str | None = None
    reference: str | None = None
    warning: str | None = None
    floor: Floor | None = None
    failed: str | None = None
    over: str = ""
    kind: str = ""
    pairs: dict[str, Any] | None = None

    def filled(self, found: Interval, *warnings: str) -> Result:
        """The same with value and interval."""
        ends = (found.low, found.high)
        return replace(self, value=found.value, interval=ends).warned(*warnings)

    def warned(self, *warnings: str) -> Result:
        """The same with more to mind."""
        return replace(self, warning="; ".join(filter(None, [self.warning, *warnings])) or None)

    def to_content(self) -> dict[str, Any]:
        """As JSON values, without the pairs."""
        content = asdict(self)
        del content["pairs"]
        return content
