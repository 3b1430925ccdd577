"""Figures of a benchmark as text: shares in percent, other numbers as they are."""

from __future__ import annotations

from collections.abc import Sequence

from synthset.pages.dataset.page import number, short
from synthset.pages.experiment.words import percent, points, probability, span
from synthset.results.benchmark import Benchmark, Cell, Figure
from synthset.results.verdict import beyond_chance

WIDTH = 1e-9  # of an interval; a narrower one is of seeds that agree to the digit
GROUPS = {
    "base": "base",
    "natural": "natural shift",
    "synthetic": "synthetic shift",
    "transfer": "transfer",
    "self-supervised": "self-supervised",
    "statistics": "statistics of the images",
}


def value_text(figure: Figure, value: float | None, sign: bool = True) -> str:
    """A value with as many digits as mean something; a dash where there is none.

    Args:
        figure: whose unit it has.
        value: as measured.
        sign: whether a share is followed by its percent sign.
    """
    if value is None:
        return "–"
    if figure.unit == "share":
        return percent(value) if sign else percent(value).removesuffix(" %")
    return number(value).replace("-", "−")


def ends_text(figure: Figure, low: float | None, high: float | None) -> str:
    """Both ends of an interval; nothing where there is none."""
    if low is None or high is None:
        return ""
    if figure.unit == "share":
        return span(low, high)
    return f"{_brief(low)} to {_brief(high)}".replace("-", "−")


def difference_text(figure: Figure, value: float) -> str:
    """A difference with its sign: of shares in percentage points."""
    if figure.unit == "share":
        return points(value)
    return "0" if value == 0 else f"{'+' if value > 0 else '−'}{_brief(abs(value))}"


def difference_ends(figure: Figure, cell: Cell) -> str:
    """Both ends of a difference's interval; nothing where seeds agree or there is one alone."""
    if cell.difference_low is None or cell.difference_high is None or not _wide(cell):
        return ""
    ends = (cell.difference_low, cell.difference_high)
    return " to ".join(difference_text(figure, end) for end in ends)


def p_text(cell: Cell) -> str:
    """The corrected p, or nothing where there is no test."""
    return "" if cell.p is None else f"p {probability(cell.p)}"


def verdict(figure: Figure, cell: Cell) -> str:
    """Whether a set differs from the base beyond chance, by the corrected p.

    Returns:
        `better`, `worse`, `other` (of a figure whose ends are alike), or nothing: may be chance.
    """
    if cell.difference is None or not beyond_chance(cell.p):
        return ""
    if figure.better is None:
        return "other"
    return "better" if (cell.difference > 0) == (figure.better == "higher") else "worse"


def names(benchmark: Benchmark, arms: Sequence[str], most: int = 5) -> str:
    """Join training sets' words with commas; beyond `most` only how many more there are."""
    shown = [benchmark.arms[arm] for arm in arms[:most]]
    if len(arms) > most:
        shown[-1] += f" and {len(arms) - most} more"
    return ", ".join(shown)


def capital(text: str) -> str:
    """Begin with a capital letter and leave the rest alone, unlike `str.capitalize`."""
    return text[:1].upper() + text[1:]


def _brief(value: float) -> str:
    """Fewer digits than the value itself has; whole numbers from 1,000 on."""
    return number(value) if abs(value) >= 1000 else short(value)


def _wide(cell: Cell) -> bool:
    if cell.difference_low is None or cell.difference_high is None:
        return False
    return cell.difference_high - cell.difference_low > WIDTH
