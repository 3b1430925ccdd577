"""The page of a benchmark: one file that needs no other, beside its figures and tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthset.pages.benchmark import benchmark_table as table
from synthset.pages.benchmark.benchmark_files import make_table_rows
from synthset.pages.benchmark.benchmark_words import capitalise
from synthset.pages.benchmark.cost_chart import draw_cost_chart
from synthset.pages.benchmark.cost_table import HEADS, make_cost_rows
from synthset.pages.benchmark.details import make_suites
from synthset.pages.benchmark.headlines import write_headlines
from synthset.pages.benchmark.level_chart import draw_level_chart
from synthset.pages.benchmark.radar_axes import list_unscaled, make_radar_axes
from synthset.pages.benchmark.radar_chart import TOGETHER, draw_radar_charts
from synthset.pages.benchmark.remarks import write_remarks
from synthset.pages.experiment.judge_words import describe_judges
from synthset.pages.kit.palette import DASHES, choose_arm_colours, choose_arm_dashes
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
    replace_file(folder / "table.csv", write_rows(make_table_rows(benchmark)).encode())
    page = folder / "index.html"
    html = _page(benchmark, title, description, settings_yaml)
    replace_file(page, html.encode())
    return page


def _figures(benchmark: Benchmark, *, key: bool) -> dict[str, Picture]:
    found = [
        *draw_radar_charts(benchmark, key=key),
        draw_level_chart(benchmark),
        draw_cost_chart(benchmark),
    ]
    return {one.name: one for one in found if one is not None}


def _page(
    benchmark: Benchmark,
    title: str,
    description: str,
    settings: str,
) -> str:
    many = len(benchmark.arms) > TOGETHER
    groups = table.group_measures(benchmark)
    dashes = choose_arm_dashes(list(benchmark.arms), benchmark.base)
    content: dict[str, Any] = {
        "title": title,
        "description": description,
        "benchmark": benchmark,
        "ranking": benchmark.ranking,
        "headlines": write_headlines(benchmark),
        "figures": _figures(benchmark, key=False),
        "together": "radar-together" if many else "radar",
        "many": many,
        "axes": make_radar_axes(benchmark),
        "off_the_radar": list_unscaled(benchmark),
        "open": _open(benchmark),
        "colours": choose_arm_colours(list(benchmark.arms), benchmark.base),
        "strokes": {arm: STROKES[DASHES.index(dash)] for arm, dash in dashes.items()},
        "columns": groups,
        "places": {one.name: i for i, one in enumerate(f for _, group in groups for f in group)},
        "on_paper": ON_PAPER,
        "rows": table.make_rows(benchmark),
        "top_rank": min(benchmark.ranking.means.values(), default=None),
        "suites": make_suites(benchmark),
        "heads": HEADS,
        "ledger": make_cost_rows(benchmark),
        "judges": describe_judges(benchmark.judges, benchmark.arms),
        "remarks": write_remarks(benchmark),
        "settings": settings,
        "capital": capitalise,
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
