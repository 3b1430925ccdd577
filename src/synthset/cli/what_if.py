"""`synthset what-if`: what other thresholds would keep, and what that would be worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from synthset.cli.options import DatasetFolder, OutFile
from synthset.cli.terminal import screen, tell
from synthset.pages.kit.numbers import number

if TYPE_CHECKING:
    from rich.table import Table

    from synthset.selection.what_if import Case


def what_if(directory: DatasetFolder, output: OutFile = None) -> None:
    """Show what other thresholds of the selection's limits would keep; nothing is applied.

    Example: synthset what-if my-demo -o what-if.png
    """
    from synthset.engine.what_if import find_what_if
    from synthset.errors import UsageError

    if output is not None and output.suffix not in (".png", ".svg", ".pdf"):
        raise UsageError(f"-o {output}: name a .png, .svg or .pdf file for the figure")
    if output is not None and output.exists():
        raise UsageError(f"-o {output}: exists already; name a new file")
    found = find_what_if(directory)
    console = screen()
    console.print(found.title)
    for limit in dict.fromkeys((case.column, case.side) for case in found.cases):
        part = [case for case in found.cases if (case.column, case.side) == limit]
        console.print(_table(part))
    if output is not None:
        from synthset.pages.dataset.what_if_charts import draw_what_if
        from synthset.pages.kit.picture_files import paint_picture
        from synthset.store.files import create_file

        picture = draw_what_if([asdict(case) for case in found.cases])
        create_file(output, paint_picture(picture, output.suffix[1:]))
        tell(output)


def _table(cases: Sequence[Case]) -> Table:
    """Lay out the cases of one limit."""
    from rich.table import Table

    sign = "≥" if cases[0].side == "min" else "≤"
    table = Table(title=f"{cases[0].column} {sign}", title_justify="left")
    for heading in ("limit", "kept", "FD", "FD random", "coverage", "recognition", "Vendi"):
        table.add_column(heading, justify="right")
    for case in cases:
        figures = (case.distance, case.random, case.coverage, case.recognition, case.diversity)
        table.add_row(
            f"{'now ' if case.current else ''}{number(case.threshold)}",
            f"{case.kept:,}",
            *map(number, figures),
            style="bold" if case.current else None,
        )
    return table
