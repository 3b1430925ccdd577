"""A picture as a file for papers: SVG with letters as outlines, PNG or PDF, on white."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon
from matplotlib.patheffects import withStroke

from synthset.pages.kit.palette import PALETTE
from synthset.pages.kit.picture import Dot, Photo, Picture, Shape, Word
from synthset.store.files import replace_file

INCH = 96.0  # units
POINTS = 72 / INCH  # of a unit
DPI, MARGIN = 150, 8.0  # dots an inch; around the picture, in units
SIDES = {"start": "left", "middle": "center", "end": "right"}
#: What a file would say of the day and the program, left out: the same picture, the same bytes.
METADATA = {"svg": {"Date": None}, "png": {"Software": None}, "pdf": {"CreationDate": None}}


def write_picture(picture: Picture, folder: Path) -> None:
    """Write the SVG and the PNG of a picture into a folder, under its name."""
    for suffix in ("svg", "png"):
        replace_file(folder / f"{picture.name}.{suffix}", paint_picture(picture, suffix))


def paint_picture(picture: Picture, suffix: str) -> bytes:
    """Draw a picture on white; the same picture gives the same bytes.

    Args:
        picture: what to draw.
        suffix: `svg`, `png` or `pdf`.
    """
    width, height = picture.width + 2 * MARGIN, picture.height + 2 * MARGIN
    figure = Figure(figsize=(width / INCH, height / INCH), facecolor=PALETTE["surface"][0])
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-MARGIN, width - MARGIN), ylim=(height - MARGIN, -MARGIN))
    axes.axis("off")
    for place, mark in enumerate(picture.marks):
        match mark:
            case Shape():
                _draw_shape(axes, mark, place)
            case Dot():
                _draw_dot(axes, mark, place)
            case Word():
                _draw_word(axes, mark, place)
            case Photo():
                _draw_photo(axes, mark, place)
    sink = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": picture.name}):
        figure.savefig(sink, format=suffix, dpi=DPI, metadata=METADATA[suffix])
    return sink.getvalue()


def _draw_shape(axes: Axes, mark: Shape, place: int) -> None:
    dash = [float(part) / mark.width for part in mark.dash.split()]  # in widths of the line
    look: dict[str, Any] = {"alpha": mark.opacity, "linewidth": mark.width * POINTS}
    look |= {"zorder": place}
    look |= {"linestyle": (0, dash)} if dash else {}
    if mark.fill:
        edge = _white(mark.stroke) if mark.stroke else "none"
        axes.add_patch(Polygon(mark.points, facecolor=_white(mark.fill), edgecolor=edge, **look))
    else:
        x, y = zip(*mark.points, strict=True)
        axes.add_line(Line2D(x, y, color=_white(mark.stroke), **look))


def _draw_dot(axes: Axes, mark: Dot, place: int) -> None:
    fill: dict[str, Any] = {"facecolor": _white(mark.fill)} if mark.fill else {"fill": False}
    edge = _white(mark.stroke) if mark.stroke else "none"
    width = mark.width * POINTS
    look: dict[str, Any] = {
        "alpha": mark.opacity,
        "edgecolor": edge,
        "linewidth": width,
        "zorder": place,
    }
    axes.add_patch(Circle(mark.at, mark.radius, **fill, **look))


def _draw_word(axes: Axes, mark: Word, place: int) -> None:
    halo = [withStroke(linewidth=2.4, foreground=_white("surface"))] if mark.halo else []
    axes.text(
        *mark.at, mark.text, fontsize=mark.size * POINTS, color=_white(mark.colour),
        ha=SIDES[mark.anchor], va="baseline", rotation=-mark.turn, rotation_mode="anchor",
        fontweight="bold" if mark.bold else "normal", path_effects=halo, zorder=place,
        parse_math=False,
    )  # fmt: skip


def _draw_photo(axes: Axes, mark: Photo, place: int) -> None:
    (x, y), right, low = mark.at, mark.at[0] + mark.width, mark.at[1] + mark.height
    look: dict[str, Any] = {"interpolation": "nearest", "aspect": "auto", "zorder": place}
    axes.imshow(mark.pixels, extent=(x, right, low, y), **look)


def _white(name: str) -> str:
    return PALETTE[name][0]
