"""Measures of a benchmark as text: shares in percent, other numbers as they are."""

from __future__ import annotations

from collections.abc import Sequence

from synthset.pages.kit.numbers import MINUS, interval, number, percent, points, probability, short
from synthset.results.benchmark import Benchmark
from synthset.results.figure import Figure, Unit
from synthset.results.judge import Difference

GROUPS = {
    "base": "base",
    "natural": "natural shift",
    "synthetic": "synthetic shift",
    "transfer": "transfer",
    "self-supervised": "self-supervised",
    "statistics": "statistics of the images",
}


def format_value(unit: Unit, value: float | None, sign: bool = True) -> str:
    """A value with as many digits as mean something; a dash where there is none.

    Args:
        unit: of the value.
        value: as measured.
        sign: whether a share is followed by its percent sign.
    """
    if value is None:
        return "–"
    if unit == "share":
        text = percent(value, digits=1)
        return text if sign else text.removesuffix(" %")
    return number(value)


def format_ends(figure: Figure) -> str:
    """Both ends of an interval; nothing where there is none."""
    if figure.interval is None:
        return ""
    if figure.unit == "share":
        return interval(figure.interval)
    return f"{short(figure.interval.low)} to {short(figure.interval.high)}"


def format_difference(unit: Unit, value: float) -> str:
    """A difference with its sign: of shares in percentage points."""
    if unit == "share":
        return points(value)
    return "0" if value == 0 else f"{'+' if value > 0 else MINUS}{short(abs(value))}"


def format_difference_ends(difference: Difference | None) -> str:
    """Both ends of a difference's interval; nothing where seeds agree or there is one alone."""
    if difference is None or difference.figure.interval is None:
        return ""
    figure, between = difference.figure, difference.figure.interval
    ends = (between.low, between.high)
    return " to ".join(format_difference(figure.unit, end) for end in ends)


def format_p(difference: Difference | None) -> str:
    """The corrected p, or nothing where there is no test."""
    if difference is None or difference.p_holm is None:
        return ""
    return f"p {probability(difference.p_holm)}"


def join_names(benchmark: Benchmark, arms: Sequence[str], most: int = 5) -> str:
    """Join training sets' words with commas; beyond `most` only how many more there are."""
    shown = [benchmark.arms[arm] for arm in arms[:most]]
    if len(arms) > most:
        shown[-1] += f" and {len(arms) - most} more"
    return ", ".join(shown)


def capitalise(text: str) -> str:
    """Begin with a capital letter and leave the rest alone, unlike `str.capitalize`."""
    return text[:1].upper() + text[1:]
