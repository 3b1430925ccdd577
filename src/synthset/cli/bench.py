"""`synthset bench`: curation strategies compared; `bench statistics`: tables of classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from synthset.cli.bench_run import RUN, RunGroup, run
from synthset.cli.options import OutFile
from synthset.cli.terminal import screen, tell

if TYPE_CHECKING:
    from rich.table import Table

    from synthset.experiment.table_statistics import StatisticsRow
    from synthset.results.figure import Figure

bench = typer.Typer(
    cls=RunGroup,
    help=(
        "Compare training sets by what classifiers learn from them (`synthset bench EXPERIMENT`), "
        "or by how balanced they are (`synthset bench statistics TABLE…`)."
    ),
    no_args_is_help=True,
)
bench.command(RUN)(run)

HEADINGS = {
    "accuracy": "mean accuracy",
    "precision": "mean precision",
    "balanced_accuracy": "balanced accuracy",
    "skewness": "skewness",
    "precision_count": "precision ~ images",
    "accuracy_skewness": "accuracy ~ skewness",
    "precision_recall": "precision ~ recall",
    "count_baseline_count": "images ~ baseline's",
    "accuracy_baseline_accuracy": "accuracy ~ baseline's",
}


@bench.command()
def statistics(
    tables: Annotated[
        list[str],
        typer.Argument(help="CSV tables of classes, or folders of experiments.", metavar="TABLE…"),
    ],
    baseline: Annotated[
        str | None,
        typer.Option(help="A CSV table whose counts and accuracies are correlated with these."),
    ] = None,
    compat: Annotated[
        bool, typer.Option("--compat", help="Follow the conventions of the published tables.")
    ] = False,
    output: OutFile = None,
) -> None:
    """Summarise tables of classes: coverage, long tail, accuracy, confusion, correlations.

    Example: synthset bench statistics classes.csv
    """

    from synthset.experiment.table_results import (
        FOOTNOTES,
        check_output,
        write_results,
    )
    from synthset.experiment.table_statistics import compute_statistics

    if output is not None:
        check_output(output)
    results = compute_statistics(tables, baseline, published=compat)
    console = screen()
    console.print(_counts(results))
    for names, title in _parts(results):
        console.print(_figures(results, names, title))
    for result in results:
        for note in result.notes:
            console.print(f"note: {result.name}: {note}", soft_wrap=True)
    for footnote in FOOTNOTES[compat]:
        console.print(f"* {footnote}", soft_wrap=True)
    if output is not None:
        write_results(output, results, compat)
        tell(f"results: {output.resolve()}")


def _parts(results: Sequence[StatisticsRow]) -> list[tuple[Sequence[str], str]]:
    """Which figures stand in one table on the screen, and its title."""
    from synthset.results.class_statistics import AGAINST_BASELINE, CORRELATIONS, MEANS

    parts: list[tuple[Sequence[str], str]] = [
        (MEANS, "means over classes, with 95 % intervals"),
        (CORRELATIONS, "correlations over classes, with 95 % intervals"),
    ]
    against = sorted({result.baseline for result in results if result.baseline})
    if against:
        parts.append(
            (AGAINST_BASELINE, f"correlations with {', '.join(against)}, with 95 % intervals")
        )
    return parts


def _counts(results: Sequence[StatisticsRow]) -> Table:
    """How many images there are, and how evenly they lie."""
    table = _table("images by class", ("images", "classes", "coverage", "LT@500", "LS@5pct"))
    for result in results:
        found = result.statistics
        head = "–" if math.isnan(found.ls_5pct) else f"{found.ls_5pct:.1%}"
        numbers = (found.images, found.classes, found.coverage, found.lt_500)
        table.add_row(result.name, *(f"{number:,}" for number in numbers), head)
    return table


def _figures(results: Sequence[StatisticsRow], names: Sequence[str], title: str) -> Table:
    """Values with their intervals below, so that six columns fit a narrow terminal."""
    table = _table(title, [HEADINGS[name] for name in names])
    for result in results:
        figures = result.statistics.figures
        table.add_row(result.name, *(_cell(figures.get(name)) for name in names))
    return table


def _table(title: str, headings: Sequence[str]) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("table", overflow="fold")
    for heading in headings:
        table.add_column(heading, justify="right", overflow="fold")
    return table


def _cell(found: Figure | None) -> str:
    if found is None or found.value is None:
        return "–"
    share = found.unit == "share"
    scale, places = (100, 1) if share else (1, 2)
    value = f"{scale * found.value:z.{places}f}{'%' if share else ''}"
    if found.interval is None:
        return value
    ends = (found.interval.low, found.interval.high)
    low, high = (f"{scale * end:z.{places}f}" for end in ends)
    return f"{value}\n[{low}, {high}]"
