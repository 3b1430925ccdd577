"""The grid of a sweep: pictures and numbers of every cell, as one page and one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from synthset.images import Pixels, UnreadableImage, decode
from synthset.pages.kit.numbers import number, percent
from synthset.pages.kit.render import render_page
from synthset.pages.kit.row_chart import bars
from synthset.pages.kit.thumbnails import thumbnails
from synthset.recipe.recipe import Recipe
from synthset.results.figure import ConfidenceInterval
from synthset.store.dataset import Dataset
from synthset.store.files import replace_file

PAGE, PICTURE = "sweep.html", "sweep.png"
ACROSS = 8  # pictures of a class in a cell
TILE_PX = 64  # side of a picture in the PNG
WIDTH, TEXT_HEIGHT = 3.1, 0.75  # inches that a cell's pictures and its words take in the PNG

#: What is shown of each cell: title, and which way is better.
FIGURES = {
    "recognition": ("recognised", "higher"),
    "distance": ("distance", "lower"),
    "diversity": ("diversity", "higher"),
    "clip": ("CLIP score", "higher"),
}

#: What a metric's own name leaves open.
ADDED = {
    "diversity": ", mean over the classes",
    "clip": ", each image against its own prompt",
}


@dataclass(frozen=True)
class CellFigure:
    """One number of a cell.

    Attributes:
        value: the number.
        interval: 95 %; None where none was computed.
        name: what it is, with the model that measured it.
        over: over how many classes a mean is, where some have no value.
    """

    value: float
    interval: ConfidenceInterval | None
    name: str
    over: str = ""


@dataclass(frozen=True)
class SweepCell:
    """One run of a sweep.

    Attributes:
        prompts: kind of prompts.
        guidance: guidance scale; None where the source has none.
        dataset: what was made.
        figures: by the names of `FIGURES`.
    """

    prompts: str
    guidance: float | None
    dataset: Dataset
    figures: dict[str, CellFigure]


def write_sweep(place: Path, recipe: Recipe, cells: Sequence[SweepCell], images: int) -> Path:
    """Write page and picture, in place of those before.

    Args:
        place: folder of the sweep.
        recipe: what was varied.
        cells: row by row: all guidance scales of one kind of prompts, then the next kind.
        images: images of each class in each cell.

    Returns:
        The page's path.
    """
    content = {"recipe": recipe, "images": images, "bars": bars, "figure": written}
    page = render_page("dataset/sweep_page.html.j2", content | _content(cells))
    replace_file(place / PAGE, page.encode())
    _draw(cells).savefig(place / PICTURE, dpi=150)
    return place / PAGE


def written(value: float, name: str) -> str:
    """Write a figure: a rate in percent, all else with three digits."""
    return percent(value, digits=0) if name == "recognition" else number(value, 3)


def best(cells: Sequence[SweepCell], name: str) -> float | None:
    """The best value of a figure in the grid; None where no cell has it, or all are alike."""
    values = [cell.figures[name].value for cell in cells if name in cell.figures]
    if len(set(values)) < 2:
        return None
    return max(values) if FIGURES[name][1] == "higher" else min(values)


def _content(cells: Sequence[SweepCell]) -> dict[str, Any]:
    shown = [name for name in FIGURES if any(name in cell.figures for cell in cells)]
    tops = {name: best(cells, name) for name in shown}
    most = {name: max(c.figures[name].value for c in cells if name in c.figures) for name in shown}
    rows: dict[str, list[dict[str, Any]]] = {}
    for cell in cells:
        records = cell.dataset.records(scores=False, selection=False)
        groups = _first(records.column("class_name").to_pylist(), records.column("id").to_pylist())
        found = thumbnails(cell.dataset, [name for _, ids in groups for name in ids])
        prompts = list(dict.fromkeys(records.column("prompt").to_pylist()))
        row = {
            "guidance": cell.guidance,
            "name": cell.dataset.name,
            "classes": [(name, [found.get(i) for i in ids]) for name, ids in groups],
            "figures": [
                {
                    "key": name,
                    "title": FIGURES[name][0] + cell.figures[name].over,
                    "value": cell.figures[name].value,
                    "interval": cell.figures[name].interval,
                    "best": cell.figures[name].value == tops[name],
                    "share": 100 * max(cell.figures[name].value, 0) / (most[name] or 1),
                }
                for name in shown
                if name in cell.figures
            ],
            "prompts": prompts[:3],
        }
        rows.setdefault(cell.prompts, []).append(row)
    return {"rows": rows, "legend": legend(cells), "columns": len(next(iter(rows.values())))}


def legend(cells: Sequence[SweepCell]) -> list[tuple[str, str, str]]:
    """Say of each figure what it is called, what it is, and which way is better."""
    said = []
    for name, (title, better) in FIGURES.items():
        what = next((cell.figures[name].name for cell in cells if name in cell.figures), None)
        if what is not None:
            said.append((title, f"{what}{ADDED.get(name, '')}", better))
    return said


def _first(classes: Sequence[str], ids: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The first records of each class, in the plan's order."""
    found: dict[str, list[str]] = {}
    for name, record in zip(classes, ids, strict=True):
        found.setdefault(name, []).append(record)
    return [(name, mine[:ACROSS]) for name, mine in found.items()]


def _draw(cells: Sequence[SweepCell]) -> Drawing:
    """Draw the grid: a row a kind of prompts, a column a guidance scale."""
    kinds = list(dict.fromkeys(cell.prompts for cell in cells))
    columns = len(cells) // len(kinds)
    height = WIDTH * len(cells[0].dataset.classes()) / ACROSS + TEXT_HEIGHT
    size = (max(WIDTH * columns, 4.5), height * len(kinds) + TEXT_HEIGHT)
    drawing = Drawing(figsize=size, layout="constrained")
    grid = drawing.subplots(len(kinds), columns, squeeze=False)
    for axes, cell in zip(grid.flat, cells, strict=True):
        _draw_cell(axes, cell, cells)
    said = [f"{title}: {what}, {better} is better" for title, what, better in legend(cells)]
    foot = "\n".join([*said, "* the best of the grid"])
    drawing.supxlabel(foot, fontsize=5.5, color="0.35", x=0.01, ha="left")
    return drawing


def _draw_cell(axes: Axes, cell: SweepCell, cells: Sequence[SweepCell]) -> None:
    axes.imshow(_sheet(cell), interpolation="nearest")
    axes.axis("off")
    guidance = "" if cell.guidance is None else f" · guidance {cell.guidance:g}"
    axes.set_title(f"{cell.prompts}{guidance}", fontsize=8, loc="left")
    said = []
    for name, figure in cell.figures.items():
        star = "*" if figure.value == best(cells, name) else ""
        said.append(f"{FIGURES[name][0]}{figure.over} {written(figure.value, name)}{star}")
    half = -(-len(said) // 2)
    text = "\n".join(" · ".join(part) for part in (said[:half], said[half:]))
    axes.text(0, -0.03, text, transform=axes.transAxes, fontsize=6.5, va="top")


def _sheet(cell: SweepCell) -> Pixels:
    """Lay a cell's pictures out: a row a class, (classes x side, ACROSS x side, 3) uint8."""
    records = cell.dataset.records(scores=False, selection=False)
    groups = _first(records.column("class_name").to_pylist(), records.column("id").to_pylist())
    across = max(len(ids) for _, ids in groups)
    sheet = np.full((len(groups) * TILE_PX, across * TILE_PX, 3), 255, dtype=np.uint8)
    for row, (_, ids) in enumerate(groups):
        for column, image in enumerate(cell.dataset.read_images(ids)):
            tile = _tile(image)
            top, left = row * TILE_PX, column * TILE_PX
            sheet[top : top + TILE_PX, left : left + TILE_PX] = tile
    return sheet


def _tile(image: bytes | None) -> Pixels:
    """One picture at the side of a tile, by its nearest pixels; grey where there is none."""
    empty = np.full((TILE_PX, TILE_PX, 3), 200, dtype=np.uint8)
    if not image:
        return empty
    try:
        pixels = decode(image)  # (H, W, 3)
    except UnreadableImage:
        return empty
    rows = np.arange(TILE_PX) * pixels.shape[0] // TILE_PX
    columns = np.arange(TILE_PX) * pixels.shape[1] // TILE_PX
    tile: Pixels = pixels[rows][:, columns]
    return tile
