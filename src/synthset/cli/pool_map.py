"""`synthset pool map`: which label of OpenImages means which class."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthset.cli.terminal import screen, tell
from synthset.store.remote import require_on_disk

if TYPE_CHECKING:
    from synthset.pools.map_labels import MappedPool

RULES = {
    "exact": "by its name",
    "parents": "by its name and what lies above it",
    "sense": "by its name and the nearest sense",
    "narrower": "as a kind of the class",
}


def map_labels(
    source: Annotated[
        str, typer.Argument(help="A recipe, or a list of classes (.txt, .csv).", metavar="CLASSES")
    ],
    descriptions: Annotated[
        str | None, typer.Option(help="OpenImages' class-descriptions.csv; a recipe may name it.")
    ] = None,
    hierarchy: Annotated[
        str | None, typer.Option(help="OpenImages' bbox_labels_600_hierarchy.json.")
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="New CSV file for the mapping.",
            parser=require_on_disk,
            metavar="FILE",
        ),
    ] = Path("mapping.csv"),
    review: Annotated[
        Path | None,
        typer.Option(
            help="New CSV file for the labels that you must decide; NAME-review.csv if not given.",
            parser=require_on_disk,
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Map OpenImages' labels to classes, and list those that a person must decide.

    Example: synthset pool map pets.txt --descriptions class-descriptions.csv -o mapping.csv
    """
    from synthset.pools.map_labels import make_mapping

    beside = review or output.with_name(f"{output.stem}-review.csv")
    _show(make_mapping(source, descriptions, hierarchy, str(output), str(beside)))
    tell(f"mapping: {output}")
    if beside.exists():
        tell(f"review: {beside}: write a class into `key`, then name both files in `mapping`")


def _show(made: MappedPool) -> None:
    from rich.table import Table

    counts = Counter[str](link.rule for link in made.mapped.links)
    table = Table(title=f"{len(made.vocabulary.names):,} labels", title_justify="left")
    for heading in ("mean a class", "labels"):
        table.add_column(heading, justify="left" if heading == "mean a class" else "right")
    for rule, said in RULES.items():
        table.add_row(said, f"{counts[rule]:,}")
    table.add_row("to decide", f"{len(made.mapped.unsure):,}")
    table.add_section()
    for why, count in made.mapped.left.items():
        table.add_row(f"none: {why}", f"{count:,}")
    console = screen()
    console.print(table)
    for note in made.notes():
        console.print(f"note: {note}", soft_wrap=True)
