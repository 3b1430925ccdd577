"""The page of a benchmark: one file that needs no other, beside its figures and tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthset.pages.benchmark import benchmark_table as table
from synthset.pages.benchmark.benchmark_files import table_rows
from synthset.pages.benchmark.benchmark_words import capital
from synthset.pages.benchmark.cost_chart import cost_chart
from synthset.pages.benchmark.cost_table import HEADS, ledger
from synthset.pages.benchmark.details import suites
from synthset.pages.benchmark.headlines import headlines
from synthset.pages.benchmark.level_chart import level_chart
from synthset.pages.benchmark.radar_axes import off_the_radar, radar_axes
from synthset.pages.benchmark.radar_chart import TOGETHER, radar_charts
from synthset.pages.benchmark.remarks import remarks
from synthset.pages.kit.palette import DASHES, arm_colours, arm_dashes
from synthset.pages.kit.picture import Picture
from synthset.pages.kit.picture_files import write_picture
from synthset.pages.kit.render import render_page
from synthset.results.benchmark import Benchmark
from synthset.results.stored import dump
from synthset.sheets import write_rows
from synthset.store.files import replace_file

STROKES = ("solid", "dashed", "dotted", "dashed")  # `DASHES`, as borders
ON_PAPER = 6  # columns of the table that fit on a printed page
FIRST = 3  # sets that the radar shows beside the base at first, where there are many


def write_benchmark_page(
    folder: Path, benchmark: Benchmark, title: str, description: str, settings_yaml: str
) -> Path:
    """Write the page, its figures as SVG and PNG, and the numbers as JSON and CSV.

    What an earlier call wrote there is replaced; the same input gives the same bytes.

    Args:
        folder: made where it is missing.
        benchmark: with one training set or more, and a cell for each of its figures and sets.
        title: the page's heading.
        description: a sentence or two below it; may be empty.
        settings_yaml: what was asked for, folded at the end of the page.

    Returns:
        `index.html` in the folder.
    """
    for one in _figures(benchmark, key=True).values():
        write_picture(one, folder / "figures")
    replace_file(folder / "benchmark.json", dump(benchmark).encode())
    replace_file(folder / "table.csv", write_rows(table_rows(benchmark)).encode())
    page = folder / "index.html"
    html = _page(benchmark, title, description, settings_yaml)
    replace_file(page, html.encode())
    return page


def _figures(benchmark: Benchmark, *, key: bool) -> dict[str, Picture]:
    found = [*radar_charts(benchmark, key=key), level_chart(benchmark), cost_chart(benchmark)]
    return {one.name: one for one in found if one is not None}


def _page(
    benchmark: Benchmark,
    title: str,
    description: str,
    settings: str,
) -> str:
    many = len(benchmark.arms) > TOGETHER
    groups = table.columns(benchmark)
    dashes = arm_dashes(list(benchmark.arms), benchmark.base)
    content: dict[str, Any] = {
        "title": title,
        "description": description,
        "benchmark": benchmark,
        "ranking": benchmark.ranking,
        "headlines": headlines(benchmark),
        "figures": _figures(benchmark, key=False),
        "together": "radar-together" if many else "radar",
        "many": many,
        "axes": radar_axes(benchmark),
        "off_the_radar": off_the_radar(benchmark),
        "open": _open(benchmark),
        "colours": arm_colours(list(benchmark.arms), benchmark.base),
        "strokes": {arm: STROKES[DASHES.index(dash)] for arm, dash in dashes.items()},
        "columns": groups,
        "places": {one.name: i for i, one in enumerate(f for _, group in groups for f in group)},
        "on_paper": ON_PAPER,
        "rows": table.rows(benchmark),
        "top_rank": min(benchmark.ranking.means.values(), default=None),
        "suites": suites(benchmark),
        "heads": HEADS,
        "ledger": ledger(benchmark),
        "remarks": remarks(benchmark),
        "settings": settings,
        "capital": capital,
    }
    return render_page(
        "benchmark/benchmark_page.html.j2", content, scripts=["benchmark/benchmark.js"]
    )


def _open(benchmark: Benchmark) -> set[str]:
    """Sets that the radar shows at first: all, or of many the base and the first by rank."""
    if len(benchmark.arms) <= TOGETHER:
        return set(benchmark.arms)
    others = [arm for arm in benchmark.arms if arm != benchmark.base]
    means = benchmark.ranking.means
    ranked = sorted(others, key=lambda arm: means.get(arm, float("inf")))
    return {benchmark.base, *ranked[:FIRST]}
