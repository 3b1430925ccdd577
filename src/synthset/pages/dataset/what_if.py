"""What other thresholds would leave, as the page shows it: a panel a figure of each limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthset.store.dataset import Dataset

PANELS = (
    ("kept", "images kept", "higher"),
    ("distance", "Fréchet distance", "lower"),
    ("coverage", "coverage", "higher"),
    ("recognition", "recognition", "higher"),
    ("diversity", "diversity (Vendi)", "higher"),
)
FROM_ZERO = ("kept", "distance", "coverage")  # where the height itself says something

Point = tuple[float, float]  # threshold and figure


@dataclass(frozen=True)
class Panel:
    """One figure against the threshold of one limit.

    Attributes:
        title: name of the figure.
        better: `higher` or `lower`.
        line: points, thresholds rising.
        beside: the same of a random draw of as many images; empty where it is not known.
        now: the recipe's own threshold, and the figure there.
        low: lower end of the figure's axis.
        high: its upper end.
        ends: lowest and highest threshold.
        axis: what the figure stands against.
    """

    title: str
    better: str
    line: tuple[Point, ...]
    beside: tuple[Point, ...]
    now: Point | None
    low: float
    high: float
    ends: tuple[float, float]
    axis: str = "threshold"


def what_if(dataset: Dataset) -> dict[str, Any] | None:
    """Read what a run has found out.

    Returns:
        `encoder`, `reference`, `records`, `of`, and `limits` (`column`, `sign`, `panels`); None
        where nothing has been found out, or no limit could move.
    """
    path = dataset.view.what_if
    if path is None or not dataset.folder.exists(path):
        return None
    found = dataset.read_json(path)
    limits = []
    for column, side in dict.fromkeys((case["column"], case["side"]) for case in found["cases"]):
        cases = [c for c in found["cases"] if (c["column"], c["side"]) == (column, side)]
        panels = [_panel(cases, *panel) for panel in PANELS if _points(cases, panel[0])]
        limits.append({"column": column, "sign": "≥" if side == "min" else "≤", "panels": panels})
    return {**found, "limits": limits} if limits else None


def _panel(cases: Sequence[Mapping[str, Any]], name: str, title: str, better: str) -> Panel:
    line = _points(cases, name)
    beside = _points(cases, "random") if name == "distance" else ()
    figures = [figure for _, figure in (*line, *beside)]
    low, high = min(figures), max(figures)
    low = 0.0 if name in FROM_ZERO else low - 0.15 * (high - low)
    high = high if high > low else low + 1
    now = next((p for p in line for c in cases if c["current"] and c["threshold"] == p[0]), None)
    ends = (cases[0]["threshold"], cases[-1]["threshold"])
    return Panel(title, better, line, beside, now, low, high, ends)


def _points(cases: Sequence[Mapping[str, Any]], name: str) -> tuple[Point, ...]:
    return tuple((c["threshold"], c[name]) for c in cases if c.get(name) is not None)
