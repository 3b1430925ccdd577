"""`synthset bench EXPERIMENT`: an experiment's arms measured by every suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from synthset.cli.experiment import File, Output
from synthset.cli.options import Changes

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from synthset.metrics.benchmark import Benchmark, Cell, Figure

RUN = "run"
NAME_WIDTH, SPAN_WIDTH = 34, 17  # characters of a column with intervals


class RunGroup(TyperGroup):
    """Takes whatever names none of its commands for the arguments of `run`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = [RUN, *args]
        return super().parse_args(ctx, args)


def run(
    file: File,
    output: Output = None,
    size: Annotated[
        str | None, typer.Option(help="Another size that the file names, such as full.")
    ] = None,
    changes: Changes = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Trainings or suites at a time.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what would be trained and measured.")
    ] = False,
    compat: Annotated[
        bool, typer.Option("--compat", help="Follow the published conventions where they differ.")
    ] = False,
) -> None:
    """Train an experiment's arms alike and measure each by all suites; `run` may be left out.

    Example: synthset bench imbalance-digits --plan
    """
    from rich.console import Console

    from synthset.recipe.experiment import load_experiment

    console = Console(highlight=False)
    loaded = load_experiment(file, size, changes or ())
    if plan:
        from synthset.bench.preview import preview

        for line in preview(loaded, published=compat):
            console.print(line, soft_wrap=True, markup=False)
        return
    from synthset.bench.run import run_benchmark
    from synthset.cli.progress import RichBar

    done = run_benchmark(loaded, output, workers=workers, published=compat, bar=RichBar())
    console.print(_table(done.benchmark, console))
    for convention in done.benchmark.conventions:
        console.print(f"* {convention}", soft_wrap=True, markup=False)
    print(f"experiment: {done.experiment.page.resolve()}")
    print(f"benchmark: {done.page.resolve()}")


def _table(benchmark: Benchmark, console: Console) -> Table:
    """Figures by arms; intervals stand below the values where the terminal is wide enough."""
    from rich.markup import escape
    from rich.table import Table

    wide = console.width >= NAME_WIDTH + SPAN_WIDTH * len(benchmark.arms)
    count = len(benchmark.seeds)
    title = f"{count} seed{'s' if count > 1 else ''}" + (", 95 % intervals" if wide else "")
    table = Table(title=title, title_justify="left")
    table.add_column("figure", overflow="fold")
    for text in benchmark.arms.values():
        table.add_column(escape(text), justify="right", overflow="fold")
    for figure in benchmark.figures:
        cells = benchmark.cells[figure.name]
        shown = [_cell(figure, cells[arm], wide) for arm in benchmark.arms]
        arrow = {"higher": " ↑", "lower": " ↓"}.get(figure.better or "", "")
        table.add_row(escape(figure.text) + arrow, *shown)
    return table


def _cell(figure: Figure, cell: Cell, wide: bool) -> str:
    if cell.value is None:
        return "–"
    share = figure.unit == "share"
    if not wide or cell.low is None or cell.high is None:
        return _number(cell.value, share)
    scale = 100 if share else 1
    low, high = (_number(scale * end, share=False) for end in (cell.low, cell.high))
    return f"{_number(cell.value, share)}\n\\[{low}, {high}]"


def _number(value: float, share: bool) -> str:
    """One digit after the point of a percentage, else three that mean something.

    >>> _number(0.4567, True), _number(0.04567, False), _number(1300.0, False)
    ('45.7%', '0.0457', '1,300')
    """
    if share:
        return f"{value:z.1%}"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:z.3g}"
