"""One drawing for three uses: within the page, in its colours, and as an SVG and a PNG file."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure

#: Eleven colours of like weight that hold on white and on black; the base arm is grey.
COLOURS = (
    "#2f78b7", "#c2622b", "#1f9a80", "#b8508f", "#8a7a2e", "#7a68c4",
    "#c24a4a", "#4f8f3f", "#5d8ea3", "#a8763a", "#6d7682",
)  # fmt: skip
BASE = "#8b8780"
INK, SOFT, LINE, GROUND = "#1d1c1a", "#6b6760", "#e6e3dd", "#ffffff"
#: What the page's styles put in place of the colours of paper.
THEME = {INK: "var(--ink)", SOFT: "var(--soft)", LINE: "var(--line)", GROUND: "var(--surface)"}
STYLE = {
    "font.size": 9.0, "axes.edgecolor": LINE, "axes.labelcolor": SOFT, "text.color": INK,
    "xtick.color": SOFT, "ytick.color": SOFT, "grid.color": LINE,
    "axes.grid": True, "grid.linewidth": 0.8, "axes.axisbelow": True, "axes.spines.top": False,
    "axes.spines.right": False, "xtick.major.size": 0, "ytick.major.size": 0,
    "figure.facecolor": GROUND, "axes.facecolor": "none", "svg.hashsalt": "synthset",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure in its three forms.

    Attributes:
        name: of its files.
        inline: for the page; empty where it shows none.
        svg: file with letters as outlines.
        png: file of 150 dots an inch.
    """

    name: str
    inline: Markup
    svg: bytes
    png: bytes


def panels(
    rows: int,
    columns: int,
    width: float,
    height: float,
    share_x: bool = False,
    share_y: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Make a figure of panels in the page's style.

    Args:
        rows: of panels.
        columns: of panels.
        width: of the figure, inches.
        height: of the figure, inches.
        share_x: all panels have one horizontal axis.
        share_y: all panels have one vertical axis.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        figure.set_layout_engine("constrained", w_pad=0.1)
        axes = figure.subplots(rows, columns, squeeze=False, sharex=share_x, sharey=share_y)
    return figure, list(axes.ravel())


def title(axis: Axes, text: str) -> None:
    """Write over a panel what it shows."""
    axis.set_title(text, loc="left", fontsize=9.5, fontweight="bold", color=INK)


def legend(figure: Figure) -> None:
    """Name the lines, once, beside the panels."""
    figure.legend(loc="outside right upper", frameon=False, fontsize=8.5, labelcolor=SOFT)


def drawn(name: str, figure: Figure, says: str, within: bool = True) -> Drawing:
    """Save a figure in its forms; the same figure gives the same bytes.

    Args:
        name: of its files.
        figure: what `panels` made.
        says: what it shows, for those who can't see it.
        within: whether the page shows it too.
    """
    svg = _saved(figure, "svg", {"svg.hashsalt": name})
    figure.set_layout_engine("none")  # everything is in its place: once is enough
    inline = Markup()
    if within:
        letters = {"svg.fonttype": "none", "svg.hashsalt": name}
        inline = _themed(_saved(figure, "svg", letters).decode(), says)
    return Drawing(name, inline, svg, _saved(figure, "png", {}))


def colours(names: Sequence[str], base: str) -> dict[str, str]:
    """Give each arm a colour that it has in every figure; the base arm is grey."""
    others = [name for name in names if name != base]
    found = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(others)}
    return {name: found.get(name, BASE) for name in names}


def dashes(names: Sequence[str], base: str) -> dict[str, str]:
    """Line styles, so that arms beyond the colours still differ."""
    others = [name for name in names if name != base]
    styles = ("-", "--", ":", "-.")
    found = {name: styles[i // len(COLOURS) % len(styles)] for i, name in enumerate(others)}
    return {name: found.get(name, "-") for name in names}


def _saved(figure: Figure, suffix: str, settings: dict[str, str]) -> bytes:
    sink = io.BytesIO()
    date = {"Date": None} if suffix == "svg" else {"Software": None}
    with matplotlib.rc_context({**STYLE, **settings}):
        figure.savefig(sink, format=suffix, dpi=150, metadata=date)
    return sink.getvalue()


def _themed(svg: str, says: str) -> Markup:
    """Cut the file's head off, and let the page's styles colour and size it."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<style type="text/css">.*?</style>', "", svg, flags=re.DOTALL)
    for paper, variable in THEME.items():
        svg = svg.replace(paper, variable)
    svg = re.sub(r"(font: [^;\"]*?px) [^;\"]*", r"\1 var(--sans)", svg)
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    width = float(box[1]) * 4 / 3 if box else 800.0  # points to pixels
    head = f'<svg class="figure" style="max-width:{width:.0f}px" role="img" '
    head += f'aria-label="{escape(says)}" viewBox="{box[0][9:-1] if box else ""}">'
    return Markup(re.sub(r"<svg[^>]*>", lambda _: head, svg, count=1))
