"""Numbers as words: one way to write a count, a share, an interval, a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from synthset.results.figure import Figure

NONE = "–"
MINUS = "−"
UNITS = ("B", "kB", "MB", "GB", "TB")


class Ends(Protocol):
    """Anything that has a lower and an upper end."""

    @property
    def low(self) -> float:
        """The lower end."""

    @property
    def high(self) -> float:
        """The upper end."""


def count(value: float) -> str:
    """Write a whole number with commas between thousands."""
    return f"{value:,.0f}"


def number(value: float | None, digits: int = 4) -> str:
    """Write a result with so many digits that mean something, large ones whole, or a dash.

    >>> number(0.123456), number(-1234.5), number(None), number(0.0123, 3)
    ('0.1235', '−1,234', '–', '0.0123')
    """
    if value is None:
        return NONE
    text = count(value) if abs(value) >= 1000 else f"{value:.{digits}g}"
    return text.replace("-", MINUS)


def short(value: float | None) -> str:
    """Write a result with three digits, or two where it is small."""
    return number(value, 3 if value is None or abs(value) >= 0.1 else 2)


def percent(part: float | None, of: float = 1.0, digits: int | None = None) -> str:
    """Write a share as percent; a dash where there is none.

    >>> percent(0.5), percent(1, 30), percent(0.8404, digits=1)
    ('50 %', '3.3 %', '84.0 %')

    Args:
        part: of the whole.
        of: the whole; a share of nothing is 0 %.
        digits: after the point; none takes one where the share is small or nearly all, else zero.
    """
    if part is None:
        return NONE
    share = 100 * part / of if of else 0.0
    if digits is None:
        digits = 1 if 0 < share < 10 or 99 < share < 100 else 0
    return f"{share:.{digits}f} %"


def interval(found: Ends | None) -> str:
    """Write both ends of an interval of shares, in percent without the sign; nothing without."""
    return "" if found is None else f"{100 * found.low:.1f} to {100 * found.high:.1f}"


def figure(found: Figure, between: str = " ") -> str:
    """Write a figure and its interval: a share in percent, all else with three digits.

    >>> from synthset.results.figure import ConfidenceInterval, Figure
    >>> figure(Figure(0.4567, ConfidenceInterval(0.4, 0.5, "Wilson over images")))
    '45.7 % [40.0, 50.0]'

    Args:
        found: the figure.
        between: stands before the interval.
    """
    if found.value is None:
        return NONE
    share, ends = found.unit == "share", found.interval
    value = percent(found.value, digits=1) if share else number(found.value, 3)
    if ends is None:
        return value
    low, high = (f"{100 * end:.1f}" if share else number(end, 3) for end in (ends.low, ends.high))
    return f"{value}{between}[{low}, {high}]"


def points(value: float) -> str:
    """Write a difference of shares in percentage points, with its sign.

    >>> points(-0.0123)
    '−1.2'
    """
    text = f"{100 * value:+.1f}".replace("-", MINUS)
    return "0.0" if text in ("+0.0", f"{MINUS}0.0") else text


def probability(value: float | None) -> str:
    """Write a p-value, as far as it can be trusted."""
    if value is None:
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def p_value(value: float) -> str:
    """Write a p-value in a sentence.

    >>> p_value(0.0004), p_value(0.21)
    ('p < 0.001', 'p = 0.21')
    """
    return f"p {'' if value < 0.001 else '= '}{probability(value)}"


def duration(seconds: float | None) -> str:
    """Write a time in the units that people use for it.

    >>> duration(0.034), duration(75), duration(8000)
    ('34 ms', '1 min 15 s', '2 h 13 min')
    """
    if seconds is None:
        return NONE
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def rate(per_second: float | None) -> str:
    """Write a speed: images a second, or a minute where they are slow."""
    if per_second is None:
        return NONE
    if per_second >= 1:
        return f"{number(per_second, 3)} / s"
    return f"{number(60 * per_second, 3)} / min"


def size(count_of_bytes: float | None) -> str:
    """Write bytes in the unit that leaves few digits.

    >>> size(18_700_000), size(512)
    ('18.7 MB', '512 B')
    """
    if count_of_bytes is None:
        return NONE
    power = 0
    while count_of_bytes >= 999.5 and power < len(UNITS) - 1:
        count_of_bytes, power = count_of_bytes / 1000, power + 1
    return f"{number(count_of_bytes, 3)} {UNITS[power]}"
