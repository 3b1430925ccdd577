"""Marks on a line within a row of a page, whose words and numbers stand beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

HEIGHT = 16.0  # of a row, pixels; its width is whatever there is

Place = Callable[[float], float]  # where a value lies, in percent of the row


@dataclass(frozen=True)
class Bar:
    """From one value to another.

    Attributes:
        low: where it begins.
        high: where it ends.
        colour: of the palette.
        thick: as a share of the row.
        at: its middle, from 0 on top to 1.
        opacity: of it.
    """

    low: float
    high: float
    colour: str
    thick: float = 1.0
    at: float = 0.5
    opacity: float = 1.0


@dataclass(frozen=True)
class Spot:
    """A dot at a value; a ring where it is hollow."""

    value: float
    colour: str
    radius: float = 5.0
    hollow: bool = False


@dataclass(frozen=True)
class Tick:
    """A line across at a value."""

    value: float


def draw_row(
    marks: Sequence[Bar | Spot | Tick],
    low: float,
    high: float,
    label: str = "",
    *,
    height: float = HEIGHT,
    filled: bool = False,
) -> Markup:
    """Draw marks from `low` on the left to `high` on the right, one over the other.

    Args:
        marks: what lies beyond an end is drawn at it.
        low: value at the left.
        high: value at the right.
        label: what it shows, where no words beside it say so.
        height: of the row.
        filled: whether the row is a track for bars, instead of a thin line.
    """

    def part(value: float) -> float:
        return 100 * min(max((value - low) / ((high - low) or 1), 0.0), 1.0)

    middle = height / 2
    line = "" if filled else f'<line class="axis" x2="100%" y1="{middle:g}" y2="{middle:g}"/>'
    drawn = "".join(_svg(mark, part, height) for mark in marks)
    says = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    title = f"<title>{escape(label)}</title>" if label else ""
    return Markup(
        f'<svg class="{"row-chart filled" if filled else "row-chart"}" height="{height:g}" '
        f"{says}>{title}{line}{drawn}</svg>"
    )


def draw_bars(
    parts: Mapping[str, float], whole: float, *, target: float | None = None, height: float = 12.0
) -> Markup:
    """Draw bars over one another, from 0, the first at the back.

    Args:
        parts: colour and length of each.
        whole: length of the row.
        target: where a line stands across them.
        height: of the row.
    """
    marks: list[Bar | Spot | Tick] = [Bar(0, length, colour) for colour, length in parts.items()]
    marks += [Tick(target)] if target else []
    return draw_row(marks, 0.0, whole, height=height, filled=True)


def make_gain_bar(one: float, other: float) -> Bar:
    """A thin bar that joins two values."""
    return Bar(min(one, other), max(one, other), "passed", thick=0.13)


def _svg(mark: Bar | Spot | Tick, part: Place, height: float) -> str:
    if isinstance(mark, Tick):
        return f'<rect fill="var(--ink)" x="{part(mark.value):.2f}%" width="2" height="100%"/>'
    if isinstance(mark, Spot):
        paint = f'fill="var(--{mark.colour})"'
        if mark.hollow:
            paint = f'fill="var(--surface)" stroke="var(--{mark.colour})" stroke-width="2"'
        at = f'cx="{part(mark.value):.2f}%" cy="50%" r="{mark.radius:g}"'
        return f"<circle {paint} {at}/>"
    start, thick = part(mark.low), height * mark.thick
    faint = f' opacity="{mark.opacity:g}"' if mark.opacity < 1 else ""
    return (
        f'<rect fill="var(--{mark.colour})" x="{start:.2f}%" y="{height * mark.at - thick / 2:g}" '
        f'width="{part(mark.high) - start:.2f}%" height="{thick:g}"{faint}/>'
    )
