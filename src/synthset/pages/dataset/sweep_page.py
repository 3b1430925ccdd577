"""The grid of a sweep: pictures and numbers of every cell, as one page and one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from synthset.images import Pixels, UnreadableImage, decode
from synthset.pages.kit.numbers import NONE, number, percent
from synthset.pages.kit.picture import Mark, Photo, Picture, Point, Table, Word
from synthset.pages.kit.picture_files import paint_picture
from synthset.pages.kit.render import render_page
from synthset.pages.kit.row_chart import draw_bars
from synthset.pages.kit.thumbnails import make_thumbnails
from synthset.recipe.recipe import Recipe
from synthset.results.figure import ConfidenceInterval
from synthset.store.dataset import Dataset
from synthset.store.files import replace_file

PAGE, PICTURE = "sweep.html", "sweep.png"
ACROSS = 8  # pictures of a class in a cell
TILE_PX = 64  # side of a picture in the PNG
TILE, GAP, LINE = 36.0, 12.0, 14.0  # units of a picture, between cells, of a line of words
BESIDE = 4 * LINE  # above and below a cell's pictures
LEAST = 440.0  # of a width, so that the words below have room
TITLE = "What prompts and guidance change: the first images of each class"

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
    content = {"recipe": recipe, "images": images, "bars": draw_bars, "figure": format_figure}
    page = render_page("dataset/sweep_page.html.j2", content | _content(cells))
    replace_file(place / PAGE, page.encode())
    replace_file(place / PICTURE, paint_picture(grid_picture(cells), "png"))
    return place / PAGE


def format_figure(value: float, name: str) -> str:
    """Write a figure: a rate in percent, all else with three digits."""
    return percent(value, digits=0) if name == "recognition" else number(value, 3)


def find_best(cells: Sequence[SweepCell], name: str) -> float | None:
    """The best value of a figure in the grid; None where no cell has it, or all are alike."""
    values = [cell.figures[name].value for cell in cells if name in cell.figures]
    if len(set(values)) < 2:
        return None
    return max(values) if FIGURES[name][1] == "higher" else min(values)


def _content(cells: Sequence[SweepCell]) -> dict[str, Any]:
    shown = [name for name in FIGURES if any(name in cell.figures for cell in cells)]
    tops = {name: find_best(cells, name) for name in shown}
    most = {name: max(c.figures[name].value for c in cells if name in c.figures) for name in shown}
    rows: dict[str, list[dict[str, Any]]] = {}
    for cell in cells:
        records = cell.dataset.records(scores=False, selection=False)
        groups = _first(records.column("class_name").to_pylist(), records.column("id").to_pylist())
        found = make_thumbnails(cell.dataset, [name for _, ids in groups for name in ids])
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
    return {"rows": rows, "legend": make_legend(cells), "columns": len(next(iter(rows.values())))}


def make_legend(cells: Sequence[SweepCell]) -> list[tuple[str, str, str]]:
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


def grid_picture(cells: Sequence[SweepCell]) -> Picture:
    """Draw the grid: a row a kind of prompts, a column a guidance scale."""
    columns = len(cells) // len({cell.prompts for cell in cells})
    rows = len(cells) // columns
    step = (ACROSS * TILE + GAP, len(cells[0].dataset.classes()) * TILE + BESIDE)
    marks: list[Mark] = [Word((0, LINE), TITLE, size=12, colour="ink", bold=True)]
    for place, cell in enumerate(cells):
        left, top = place % columns * step[0], place // columns * step[1] + 2 * LINE
        marks += _cell_marks(cell, cells, (left, top))
    foot = [f"{title}: {what}, {better} is better" for title, what, better in make_legend(cells)]
    low = rows * step[1] + 3 * LINE
    for line, text in enumerate([*foot, "* the best of the grid"]):
        marks.append(Word((0, low + line * LINE), text, size=8))
    size = (max(columns * step[0], LEAST), low + (len(foot) + 1) * LINE)
    return Picture("sweep", TITLE, *size, marks, _table(cells))


def _cell_marks(cell: SweepCell, cells: Sequence[SweepCell], at: Point) -> list[Mark]:
    (left, top), sheet = at, _sheet(cell)
    guidance = "" if cell.guidance is None else f" · guidance {cell.guidance:g}"
    width, height = (side * TILE / TILE_PX for side in (sheet.shape[1], sheet.shape[0]))
    said = []
    for name, figure in cell.figures.items():
        star = "*" if figure.value == find_best(cells, name) else ""
        said.append(f"{FIGURES[name][0]}{figure.over} {format_figure(figure.value, name)}{star}")
    half, low = -(-len(said) // 2), top + LINE / 2 + height
    return [
        Word((left, top), f"{cell.prompts}{guidance}", colour="ink"),
        Photo((left, top + LINE / 2), width, height, sheet),
        Word((left, low + LINE), " · ".join(said[:half]), size=9),
        Word((left, low + 2 * LINE), " · ".join(said[half:]), size=9),
    ]


def _table(cells: Sequence[SweepCell]) -> Table:
    headings = ("prompts", "guidance", *(title for title, _ in FIGURES.values()))
    rows = [
        (
            cell.prompts,
            number(cell.guidance),
            *(
                format_figure(cell.figures[name].value, name) if name in cell.figures else NONE
                for name in FIGURES
            ),
        )
        for cell in cells
    ]
    return Table(headings, rows)


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
