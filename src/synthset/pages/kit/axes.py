"""An axis of a chart: what stands along it, from where to where, and where its ticks are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from synthset.pages.kit.numbers import count, number

MOST = 6  # ticks, about
WIDE = 5.0  # largest to smallest, from which an axis of costs is logarithmic


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        label: what stands along it, with its unit; nothing where another panel's axis says it.
        low: value at its beginning.
        high: value at its end.
        ticks: values with what stands there.
        log: whether it is logarithmic.
    """

    label: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    log: bool = False

    def part(self, value: float) -> float:
        """Where a value lies, from 0 at the beginning to 1 at the end; what is beyond, there."""
        low, value, high = (
            (log10(self.low), log10(value), log10(self.high))
            if self.log
            else (self.low, value, self.high)
        )
        return min(max((value - low) / ((high - low) or 1), 0.0), 1.0)


def make_linear_axis(
    label: str, values: Iterable[float], *, share: bool = False, zero: bool = False
) -> Axis:
    """Lay an axis around values, with round numbers as ticks.

    Args:
        label: with its unit.
        values: at least one.
        share: whether they are shares, written in percent.
        zero: whether it begins at 0, where no value is lower.
    """
    found = list(values)
    low, high = min(found), max(found)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    room = 0.06 * (high - low) or 0.06 * abs(high) or 1.0
    low, high = low - (0.0 if zero and low == 0 else room), high + room
    return make_axis_between(label, low, high, share=share)


def make_axis_between(label: str, low: float, high: float, *, share: bool = False) -> Axis:
    """Lay an axis from one value to another, with round numbers as ticks."""
    places = [at for at in choose_round_values(low, high) if not share or 0 <= at <= 1]
    return Axis(label, low, high, [(at, _tick(at, share)) for at in places])


def make_logarithmic_axis(label: str, values: Iterable[float]) -> Axis:
    """Lay a logarithmic axis around positive values."""
    found = list(values)
    low, high = min(found) / 1.15, max(found) * 1.15
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    marks = (1,) if len(powers) > MOST else (1, 3) if high / low > 20 else (1, 2, 5)
    places = [mark * 10.0**power for power in powers for mark in marks]
    ticks = [(at, _tick(at, False)) for at in places if low <= at <= high]
    return Axis(label, low, high, ticks, log=True)


def make_cost_axis(label: str, values: Iterable[float]) -> Axis:
    """Lay an axis around numbers of very different size: logarithmic from a factor of five on."""
    found = list(values)
    wide = min(found) > 0 and max(found) > WIDE * min(found)
    return make_logarithmic_axis(label, found) if wide else make_linear_axis(label, found)


def choose_round_values(low: float, high: float) -> list[float]:
    """Choose round numbers from one value to another."""
    step = choose_round_step((high - low) / MOST)
    first = ceil(low / step - 1e-9)
    return [i * step for i in range(first, floor(high / step + 1e-9) + 1)]


def choose_round_step(rough: float) -> float:
    """Round a distance between ticks up to 1, 2 or 5 times a power of ten.

    >>> choose_round_step(3.2), choose_round_step(0.012)
    (5.0, 0.02)
    """
    power = 10.0 ** floor(log10(rough))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999))


def _tick(value: float, share: bool) -> str:
    if share:
        return f"{100 * value:.4g} %"
    return count(value) if abs(value) >= 1000 else number(0.0 if abs(value) < 1e-12 else value)
