"""What other thresholds would leave: a panel a figure of each limit, in the page and as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthset.pages.kit.axes import make_linear_axis
from synthset.pages.kit.chart import Line, Panel, draw_chart
from synthset.pages.kit.numbers import number
from synthset.pages.kit.picture import Picture, Point
from synthset.store.dataset import Dataset

PANELS = {
    "kept": ("Images kept", "images"),
    "distance": ("Distance to real images ↓", "Fréchet distance"),
    "coverage": ("Coverage of real images ↑", "share"),
    "recognition": ("Recognition ↑", "share recognised"),
    "diversity": ("Diversity ↑", "Vendi score"),
}
FROM_ZERO = ("kept", "distance", "coverage")  # where the height itself says something
AT, RANDOM = Line((), "kept", "at each threshold", dot=2.6), "random draw of the same size"
SIZE = (168.0, 104.0)  # of a panel


@dataclass(frozen=True)
class LimitChart:
    """One limit of the selection.

    Attributes:
        name: the score, and on which side images are kept.
        panels: a figure each, against the limit's threshold.
    """

    name: str
    panels: Sequence[Panel]

    @property
    def pictures(self) -> list[Picture]:
        """A picture each, for the page."""
        return [
            draw_chart("what-if", panel.title, [_remove_title(panel)], size=SIZE)
            for panel in self.panels
        ]


def read_what_if(dataset: Dataset) -> dict[str, Any] | None:
    """Read what a run has found out.

    Returns:
        `encoder`, `reference`, `records`, `of`, and `limits`; None where nothing has been found
        out, or no limit could move.
    """
    path = dataset.view.what_if
    if path is None or not dataset.folder.exists(path):
        return None
    found = dataset.read_json(path)
    limits = make_limits(found["cases"])
    return {**found, "limits": limits} if limits else None


def make_limits(cases: Sequence[Mapping[str, Any]]) -> list[LimitChart]:
    """Draw up the panels of each limit.

    Args:
        cases: `column`, `side`, `threshold`, `current` and the figures of `PANELS`, thresholds
            rising within each limit.
    """
    limits = []
    for column, side in dict.fromkeys((case["column"], case["side"]) for case in cases):
        own = [case for case in cases if (case["column"], case["side"]) == (column, side)]
        known = [figure for figure in PANELS if _points(own, figure)]
        name = f"{column.replace('_', ' ')} {'≥' if side == 'min' else '≤'}"
        limits.append(LimitChart(name, [_panel(own, figure, name) for figure in known]))
    return limits


def draw_what_if(cases: Sequence[Mapping[str, Any]]) -> Picture:
    """Draw all cases as one picture: a row a limit, a column a figure."""
    limits = make_limits(cases)
    panels = [panel for limit in limits for panel in limit.panels]
    key = [AT, Line((), "soft", RANDOM)]
    title = "What other thresholds would keep; the dashed line is the recipe's own threshold"
    columns = len(limits[0].panels)
    return draw_chart("what-if", title, panels, size=SIZE, columns=columns, key=key)


def _panel(cases: Sequence[Mapping[str, Any]], figure: str, limit: str) -> Panel:
    points, random = _points(cases, figure), []
    if figure == "distance":
        random = _points(cases, "random")
    title, unit = PANELS[figure]
    lines = [Line(random, "soft", RANDOM)] if random else []
    lines.append(Line(points, "kept", AT.name, dot=AT.dot))
    here = {case["threshold"] for case in cases if case["current"]}
    now = [(at, number(value)) for at, value in points if at in here]
    x = make_linear_axis(f"threshold: {limit}", [at for at, _ in points])
    y = make_linear_axis(unit, [value for _, value in (*points, *random)], zero=figure in FROM_ZERO)
    return Panel(title, x, y, lines, rules=now)


def _points(cases: Sequence[Mapping[str, Any]], figure: str) -> list[Point]:
    return [(c["threshold"], c[figure]) for c in cases if c.get(figure) is not None]


def _remove_title(panel: Panel) -> Panel:
    """A panel alone has its picture's title."""
    return Panel("", panel.x, panel.y, panel.content, panel.rules)
