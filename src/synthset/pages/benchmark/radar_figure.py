"""The radar: a polygon a training set, all in one, and each alone before the base."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from math import ceil, nan

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from synthset.metrics.statistics.classification import Array
from synthset.pages.benchmark.axes import FEWEST_AXES, FEWEST_SETS, Axis, places, radar_axes
from synthset.pages.experiment.arms_figure import short
from synthset.pages.kit.drawing import (
    BASE,
    INK,
    LINE,
    SOFT,
    Drawing,
    colours,
    dashes,
    drawn,
    legend,
    panels,
    title,
)
from synthset.results.benchmark import Benchmark

TOGETHER = 5  # sets that one radar can hold and still be read
LEVEL = 16  # axes up to which their names stand level; more are turned along the axis
COLUMNS = 5  # of small radars
SMALL = 26  # characters over one of them
RINGS = (0.25, 0.5, 0.75, 1.0)
OUT = 1.07  # of the radius, where names begin
LINE_LENGTH = 150  # characters of a line of the key


def radar_figures(benchmark: Benchmark) -> list[Drawing]:
    """Draw all sets together, the same zoomed, and, of more than five, each alone.

    The drawing named `radar` is the one to look at first: all together, or, of more than five, each
    alone. Nothing of fewer than two sets or three axes.
    """
    if len(benchmark.arms) < FEWEST_SETS or len(radar_axes(benchmark)) < FEWEST_AXES:
        return []
    many = len(benchmark.arms) > TOGETHER
    found = [
        _together(benchmark, "radar-together" if many else "radar", zoomed=False),
        _together(benchmark, "radar-zoomed", zoomed=True),
    ]
    return [*found, _each_alone(benchmark)] if many else found


def outline(found: Sequence[float | None]) -> Array:
    """Corners of a polygon, clockwise from the top, the first once more at the end.

    Args:
        found: part of the radius on each axis; None leaves a gap.

    Returns:
        (axes + 1, 2) x and y in [-1, 1]; NaN at a gap.
    """
    radii = np.array([nan if one is None else one for one in found])
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(radii)) / len(radii)
    corners = radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    closed: Array = np.vstack([corners, corners[:1]])
    return closed


def _together(benchmark: Benchmark, name: str, zoomed: bool) -> Drawing:
    """The page has a legend of its own, that hides and shows; the files have one drawn."""
    axes = radar_axes(benchmark, zoomed)
    turned = len(axes) > LEVEL
    drawings = []
    for named in (False, True):
        size = (8.8, 8.8) if turned else (9.2, 6.4)
        figure, (panel,) = panels(1, 1, size[0] + (2.0 if named else 0.0), size[1])
        _web(panel, len(axes))
        _names(panel, axes, turned, numbered=len(benchmark.arms) > TOGETHER)
        order = sorted(benchmark.arms, key=lambda arm: arm != benchmark.base)
        for arm in order:
            _polygon(panel, benchmark, axes, arm, f"{name}-{list(benchmark.arms).index(arm)}")
        panel.set(xlim=(-1.85, 1.85), ylim=(-1.85, 1.85) if turned else (-1.28, 1.28))
        if named:
            legend(figure)
        says = "Radar of all training sets; the table below has its numbers"
        drawings.append(drawn(name, figure, says, within=not named))
    return replace(drawings[1], inline=drawings[0].inline)


def _each_alone(benchmark: Benchmark) -> Drawing:
    axes = radar_axes(benchmark)
    others = [arm for arm in benchmark.arms if arm != benchmark.base]
    columns = min(COLUMNS, len(others))
    rows = ceil(len(others) / columns)
    key = " · ".join(f"{i + 1} {axis.figure.text} {axis.label}" for i, axis in enumerate(axes))
    lines = textwrap.wrap(key, LINE_LENGTH * columns // COLUMNS)
    height = 2.5 * rows + 0.3 + 0.17 * len(lines)
    figure, found = panels(rows, columns, 0.3 + 2.3 * columns, height)
    for panel, arm in zip(found, others, strict=False):
        _web(panel, len(axes))
        _numbers(panel, len(axes))
        _polygon(panel, benchmark, axes, benchmark.base)
        _polygon(panel, benchmark, axes, arm, filled=0.22)
        title(panel, textwrap.shorten(benchmark.arms[arm], SMALL, placeholder="…"))
        panel.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2))
    for spare in found[len(others) :]:
        spare.set_axis_off()
    figure.supxlabel("\n".join(lines), fontsize=7.5, color=SOFT)
    return drawn("radar", figure, "A radar for each training set, the base in grey behind it")


def _web(panel: Axes, count: int) -> None:
    panel.set_aspect("equal")
    panel.set_axis_off()
    for ring in RINGS:
        panel.plot(*outline([ring] * count).T, color=LINE, lw=0.9, zorder=1)
    for x, y in outline([1.0] * count)[:-1]:
        panel.plot([0, x], [0, y], color=LINE, lw=0.9, zorder=1)


def _names(panel: Axes, axes: Sequence[Axis], turned: bool, numbered: bool) -> None:
    for i, (x, y) in enumerate(outline([OUT] * len(axes))[:-1]):
        name = f"{i + 1} {axes[i].figure.text}" if numbered else axes[i].figure.text
        side = "left" if x > 0.05 else "right" if x < -0.05 else "center"
        if turned:
            angle = float(np.degrees(np.arctan2(y, x)))
            right = x > -1e-9
            panel.text(
                x, y, f"{short(name)}  {axes[i].label}", fontsize=7.5, color=SOFT,
                rotation=angle if right else angle - 180, rotation_mode="anchor",
                ha="left" if right else "right", va="center",
            )  # fmt: skip
            continue
        if side == "center":
            y += 0.06 if y > 0 else -0.06
        panel.text(x, y + 0.01, short(name), fontsize=8.5, color=INK, ha=side, va="bottom")
        panel.text(x, y - 0.01, axes[i].label, fontsize=8, color=SOFT, ha=side, va="top")


def _numbers(panel: Axes, count: int) -> None:
    for i, (x, y) in enumerate(outline([1.12] * count)[:-1]):
        panel.text(x, y, str(i + 1), fontsize=6.5, color=SOFT, ha="center", va="center")


def _polygon(
    panel: Axes,
    benchmark: Benchmark,
    axes: list[Axis],
    arm: str,
    gid: str = "",
    filled: float = 0.06,
) -> None:
    """Draw a set's polygon; where it has no value the line is broken and nothing is filled."""
    corners = outline(places(benchmark, axes, arm))
    arms, base = list(benchmark.arms), arm == benchmark.base
    colour = colours(arms, benchmark.base)[arm]
    line = panel.plot(
        *corners.T, dashes(arms, benchmark.base)[arm], color=colour, lw=1.6, marker="o", ms=3,
        label=short(benchmark.arms[arm]), zorder=2 if base else 3,
    )  # fmt: skip
    parts: list[Artist] = list(line)
    if not np.isnan(corners).any():
        strength = 0.16 if base else filled
        parts += panel.fill(*corners.T, color=BASE if base else colour, alpha=strength, lw=0)
    for number, part in enumerate(parts):
        if gid:
            part.set_gid(f"{gid}-{number}")
