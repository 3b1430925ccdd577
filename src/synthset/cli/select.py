"""`synthset select`: what other thresholds would keep, and what that would be worth."""

from __future__ import annotations

from typing import Annotated

import typer

from synthset.cli.options import DatasetFolder, OutFile


def select(
    directory: DatasetFolder,
    what_if: Annotated[
        bool, typer.Option("--what-if", help="Show what each limit's threshold would leave.")
    ] = False,
    output: OutFile = None,
) -> None:
    """Show what other thresholds of the selection's limits would keep; nothing is applied.

    Example: synthset select my-demo --what-if -o what-if.png
    """
    from rich.console import Console
    from rich.table import Table

    from synthset.engine.consider import consider
    from synthset.errors import UsageError

    if not what_if:
        raise UsageError(
            "synthset select: nothing asked; add --what-if to see what other thresholds would "
            "keep, or change the recipe and run it again to apply them"
        )
    if output is not None and output.suffix not in (".png", ".svg", ".pdf"):
        raise UsageError(f"-o {output}: the figure is a .png, .svg or .pdf file; name one of them")
    if output is not None and output.exists():
        raise UsageError(f"-o {output}: exists already; name a new file")
    found = consider(directory)
    headings = ("limit", "kept", "FD", "coverage", "recognition", "Vendi")
    table = Table(title=found.title, title_justify="left")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "limit" else "right")
    for case in found.cases:
        sign = "≥" if case.side == "min" else "≤"
        limit = f"{case.column} {sign} {case.threshold:.4g}"
        figures = (case.distance, case.coverage, case.recognition, case.diversity)
        numbers = ["–" if figure is None else f"{figure:.4g}" for figure in figures]
        style = "bold" if case.current else None
        table.add_row(
            limit + (" (now)" if case.current else ""), f"{case.kept:,}", *numbers, style=style
        )
    Console(highlight=False).print(table)
    if output is not None:
        from synthset.selection.what_if_figure import write_figure

        write_figure(found.cases, output)
        print(output)
