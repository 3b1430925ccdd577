"""`synthset bench EXPERIMENT`: an experiment's arms measured by every suite."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from synthset.cli.experiment import AtATime, File, Output, PlanOnly, Size, load, show_plan
from synthset.cli.options import AllowCode, Changes
from synthset.cli.terminal import screen, tell
from synthset.pages.kit.numbers import figure

if TYPE_CHECKING:
    from rich.table import Table

    from synthset.recipe.suites import Conventions
    from synthset.results.benchmark import Benchmark, Measure

RUN = "run"
COLUMNS = 4  # figures that stand side by side in a narrow terminal


class RunGroup(TyperGroup):
    """Takes whatever names none of its commands for the arguments of `run`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = [RUN, *args]
        return super().parse_args(ctx, args)


def run(
    file: File,
    output: Output = None,
    size: Size = None,
    changes: Changes = None,
    workers: AtATime = None,
    plan: PlanOnly = False,
    allow_code: AllowCode = False,
    compat: Annotated[
        bool, typer.Option("--compat", help="Follow the published conventions where they differ.")
    ] = False,
) -> None:
    """Train an experiment's arms alike and measure all suites; the word `run` is optional.

    Example: synthset bench imbalance-digits --plan
    """
    conventions: Conventions = "published" if compat else "corrected"
    loaded = load(file, size, changes)
    if plan:
        show_plan(loaded, conventions)
        return
    from synthset.cli.progress import RichBar
    from synthset.experiment.run_experiment import run_experiment

    done = run_experiment(
        loaded,
        output,
        workers=workers,
        suites=conventions,
        bar=RichBar(),
        allow_code=allow_code,
    )
    console = screen()
    assert done.benchmark is not None
    assert done.benchmark_page is not None
    for table in _tables(done.benchmark):
        console.print(table)
    for convention in done.benchmark.conventions:
        console.print(f"* {convention}", soft_wrap=True)
    tell(f"experiment: {done.page.resolve()}")
    tell(f"benchmark: {done.benchmark_page.resolve()}")


def _tables(benchmark: Benchmark) -> Iterator[Table]:
    """Training sets by figures, so many at a time as a narrow terminal holds; those in which
    neither end is better, or statistics that are equal, stand on the page alone."""
    from rich.table import Table

    shown = [one for one in benchmark.measures if one.better and _is_informative(benchmark, one)]
    count = len(benchmark.seeds)
    for group, measures in groupby(shown, key=lambda one: one.group == "statistics"):
        for some in _split_into_tables(measures, COLUMNS):
            title = "the training sets" if group else "their classifiers"
            seeds = f"{count} seed{'s' if count > 1 else ''}, 95 % intervals"
            table = Table(title=f"{title} ({seeds})", title_justify="left")
            table.add_column("training set", no_wrap=True)
            for measure in some:
                arrow = "↑" if measure.better == "higher" else "↓"
                table.add_column(f"{measure.text} {arrow}", justify="right")
            for arm in benchmark.arms:
                cells = [figure(benchmark.cells[one.name][arm].figure, "\n") for one in some]
                table.add_row(arm, *cells)
            yield table


def _is_informative(benchmark: Benchmark, measure: Measure) -> bool:
    values = {cell.figure.value for cell in benchmark.cells[measure.name].values()}
    return measure.group != "statistics" or len(values) > 1 or len(benchmark.arms) == 1


def _split_into_tables(measures: Iterator[Measure], count: int) -> Iterator[list[Measure]]:
    """Cut into lists of at most so many."""
    while some := list(islice(measures, count)):
        yield some
