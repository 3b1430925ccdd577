"""Shares of a group's images with their intervals, as the page draws them."""

from __future__ import annotations

from markupsafe import Markup

from synthset.pages.kit.numbers import interval, percent
from synthset.pages.kit.row_chart import Bar, draw_row
from synthset.results.dataset.groups import Rate


def rate_row(rate: Rate) -> Markup:
    """Draw two intervals from 0 to 1: all above, kept below; the dark mark is the share itself."""
    marks = []
    for colour, found, at in (("passed", rate.all, 0.27), ("kept", rate.kept, 0.73)):
        if found is not None:
            marks.append(Bar(found.low, found.high, colour, 0.3, at, 0.45))
            marks.append(Bar(found.value - 0.008, found.value + 0.008, colour, 0.4, at))
    label = "; ".join(
        f"{part}: {percent(found.value, digits=1)}, {interval(found)}"
        for part, found in (("all", rate.all), ("kept", rate.kept))
        if found is not None
    )
    return draw_row(marks, 0.0, 1.0, label, height=22)
