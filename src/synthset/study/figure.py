"""The map as a picture file: SVG for papers, PNG for everything else."""

from __future__ import annotations

import io

import matplotlib
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke

from synthset.pages.kit.map_labels import GROUP_PX, WORD_PX
from synthset.pages.kit.word_map import NO_GROUP, WIDTH, radius
from synthset.study.chart import Map
from synthset.study.recognition import RULES, Rule

#: Twelve colours that differ in lightness too, and a grey for what is in no group; as study.css.
COLOURS = (
    "#b5652b", "#3f8f4f", "#8a7a2e", "#c24a4a", "#8d6bb8", "#2f78b7",
    "#6d7682", "#c2589a", "#7c5a45", "#1f9a94", "#5a63c7", "#8f9c3a",
)  # fmt: skip
GREY = "#9a9a94"
INK, GROUND = "#1d1c1a", "#ffffff"
SCALE = 100.0  # units of the map to an inch


def figure(drawn: Map, by: Rule, title: str) -> dict[str, bytes]:
    """Draw the map.

    Args:
        drawn: where everything stands.
        by: the rule by which images are recognised.
        title: above the map.

    Returns:
        The files by suffix: `svg` with letters as outlines, and `png` of 200 dots an inch.
    """
    top = 92.0
    picture = Figure(figsize=(WIDTH / SCALE, (drawn.height + top) / SCALE), facecolor=GROUND)
    axes = picture.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(drawn.height, -top), aspect="equal")
    axes.axis("off")
    for one, (x, y), colour in zip(drawn.shown, drawn.points, drawn.colours, strict=True):
        share, paint = one.share(by), colour_of(colour)
        fill = {"facecolor": paint, "alpha": 0.8} if share else {"fill": False}
        edge = {"edgecolor": paint if not share else GROUND, "linewidth": 0.8}
        axes.add_patch(Circle((x, y), radius(share, drawn.largest), **fill, **edge))
    halo = [withStroke(linewidth=2.4, foreground=GROUND)]
    for label in drawn.labels:
        px = GROUP_PX if label.is_group else WORD_PX
        paint = colour_of(label.colour) if label.is_group else INK
        axes.text(
            label.x, label.y, label.text, ha="center", va="baseline", color=paint,
            fontsize=px * 72 / SCALE, fontweight="bold" if label.is_group else "normal",
            path_effects=halo,
        )  # fmt: skip
    axes.text(8, -top + 20, title, fontsize=12, fontweight="bold", color=INK)
    note = f"{RULES[by]}; a circle's area is the share of images recognised, hollow: none"
    axes.text(8, -top + 38, f"{note}; {drawn.how}", fontsize=7.5, color="#6b6760")
    names = [*enumerate(drawn.groups), *([(-1, NO_GROUP)] if -1 in drawn.colours else [])]
    dots = [
        Line2D([], [], marker="o", ls="", color=colour_of(place), label=name)
        for place, name in names
    ]
    axes.legend(
        handles=dots, loc="upper left", bbox_to_anchor=(-4, -top + 42), ncols=7, fontsize=7.5,
        bbox_transform=axes.transData, frameon=False, handletextpad=0.1, columnspacing=1.6,
        borderpad=0.2,
    )  # fmt: skip
    return {suffix: _saved(picture, suffix) for suffix in ("svg", "png")}


def colour_of(place: int) -> str:
    """The colour of a group; grey for classes in none."""
    return GREY if place < 0 else COLOURS[place % len(COLOURS)]


def _saved(picture: Figure, suffix: str) -> bytes:
    sink = io.BytesIO()
    plain = {"svg.hashsalt": "synthset"}  # the same bytes every time
    date = {"Date": None} if suffix == "svg" else {"Software": None}
    with matplotlib.rc_context(plain):
        picture.savefig(sink, format=suffix, dpi=200, metadata=date)
    return sink.getvalue()
