"""The figure of `what_if`: a row for each limit, a panel for each figure, a line at the recipe's
own threshold. Arrows point to the better end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthset.selection.what_if import Case

PANELS = {
    "kept": "images kept ↑",
    "distance": "Fréchet distance ↓",
    "coverage": "coverage ↑",
    "recognition": "recognition ↑",
    "diversity": "diversity (Vendi) ↑",
}
INK, MARK = "#2a6f97", "#9a9a9a"


def write_figure(cases: Sequence[Case], path: Path) -> None:
    """Draw all cases.

    Args:
        cases: of `what_if`, at least one.
        path: file to write; its suffix says the format (.png, .svg, .pdf).
    """
    limits = list(dict.fromkeys((case.column, case.side) for case in cases))
    known = [name for name in PANELS if any(getattr(case, name) is not None for case in cases)]
    figure = Figure(figsize=(2.6 * len(known), 2.3 * len(limits)), layout="constrained")
    grid = figure.subplots(len(limits), len(known), squeeze=False)
    for row, (column, side) in zip(grid, limits, strict=True):
        part = [case for case in cases if (case.column, case.side) == (column, side)]
        for axes, name in zip(row, known, strict=True):
            _panel(axes, part, name)
            axes.set_xlabel(f"{column} {'≥' if side == 'min' else '≤'}", fontsize=8)
    figure.savefig(path, dpi=150)


def _panel(axes: Axes, cases: Sequence[Case], name: str) -> None:
    there = [case for case in cases if getattr(case, name) is not None]
    thresholds = [case.threshold for case in there]
    axes.plot(thresholds, [getattr(case, name) for case in there], "o-", color=INK, ms=3, lw=1.2)
    if name == "distance":
        random = [np.nan if case.random is None else case.random for case in there]
        axes.plot(thresholds, random, "-", color=MARK, lw=1, label="random, as many")
    for case in cases:
        if case.current:
            axes.axvline(case.threshold, color=MARK, lw=1, ls="--", label="the recipe's limit")
    if name in ("kept", "distance"):
        axes.legend(fontsize=6, frameon=False)
    axes.set_title(PANELS[name], fontsize=9, loc="left")
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    if name in ("kept", "distance"):
        axes.set_ylim(bottom=0)
