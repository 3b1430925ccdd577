"""`synthset study`: what a dataset shows when somebody looks closely."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from synthset.cli.options import DatasetFolder
from synthset.cli.terminal import screen, tell
from synthset.pages.kit.numbers import interval, number, percent

if TYPE_CHECKING:
    from synthset.results.recognition import Study

study = typer.Typer(
    help="Study a dataset: how many images of each class does a classifier recognise?",
    no_args_is_help=True,
)

SHOWN = 8  # names of classes that are counted apart


class By(StrEnum):
    """What counts as recognised."""

    TOP1 = "top1"
    TOP5 = "top5"
    TOP1_UNDER = "top1-under"
    TOP5_UNDER = "top5-under"


class MapLayout(StrEnum):
    """How classes are placed on the map."""

    AUTO = "auto"
    UMAP = "umap"
    PCA = "pca"


@study.command()
def recognition(
    directory: DatasetFolder,
    classifier: Annotated[
        str | None,
        typer.Option(help="timm name, local folder or `miniature`; the recipe's own if not given."),
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="Local safetensors file of the classifier.")
    ] = None,
    by: Annotated[
        By,
        typer.Option(
            help=(
                "What counts as recognised in groups, lists and the map; -under also counts kinds "
                "of "
                "a class."
            )
        ),
    ] = By.TOP1,
    sense: Annotated[
        list[str] | None,
        typer.Option(help="WordNet synset of a class, as in dog=dog.n.01; may be repeated."),
    ] = None,
    layout: Annotated[MapLayout, typer.Option(help="How the map places classes.")] = MapLayout.AUTO,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the map.")] = 0,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="Folder for the page, figures and tables; DIR/studies if not given.",
        ),
    ] = None,
) -> None:
    """Count the images of each class that a classifier recognises: by class, by group, on a map.

    Example: synthset study recognition my-demo
    """
    from synthset.cli.progress import RichBar
    from synthset.study.run_study import study_recognition

    found, page = study_recognition(
        directory,
        classifier=classifier,
        weights=weights,
        senses=_pairs(sense or []),
        by=by.value,
        output=output,
        method=layout.value,
        seed=seed,
        bar=RichBar(),
    )
    _show(found)
    tell(f"study: {page}")


def _pairs(texts: list[str]) -> dict[str, str]:
    """Read `class=synset`."""
    from synthset.errors import UsageError

    for text in texts:
        if not all(text.partition("=")):
            raise UsageError(f"--sense {text}: write it as class=synset, such as dog=dog.n.01")
    return {text.partition("=")[0]: text.partition("=")[2] for text in texts}


def _show(found: Study) -> None:
    from rich.table import Table

    table = Table(title="recognised", title_justify="left")
    headings = ("rule", "classes", "mean", "std", "images", "none", "some", "all")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "rule" else "right", no_wrap=True)
    for rule, one in found.found.items():
        if one is None:
            table.add_row(rule, "0", *["–"] * 6)
            continue
        of = f"/{one.each}" if one.each else ""
        mean = f"{number(one.mean, 3)}{of}" if one.each else percent(one.mean, digits=1)
        spread = number(one.deviation, 3) if one.each else percent(one.deviation, digits=1)
        shares = (one.rate.value, one.share_none, one.share_some, one.share_all)
        figures = (
            f"{one.classes:,}",
            mean,
            spread,
            *(percent(share, digits=1) for share in shares),
        )
        table.add_row(rule, *figures, style="bold" if rule == found.by else None)
    groups = Table(title=f"by group, {found.by}", title_justify="left")
    for heading in ("group", "classes", "images", "recognised", "interval, %"):
        groups.add_column(heading, justify="left" if heading == "group" else "right")
    for group in found.groups:
        if group.found is None:
            continue
        rate = group.found.rate
        counts = (f"{group.found.classes:,}", f"{group.found.images:,}")
        groups.add_row(group.name, *counts, percent(rate.value, digits=1), interval(rate))
    console = screen()
    console.print(table)
    if groups.row_count:
        console.print(groups)
    if found.unknown:
        names = ", ".join(one.entry.name for one in found.unknown[:SHOWN])
        more = ", …" if len(found.unknown) > SHOWN else ""
        count = f"{len(found.unknown):,} of {len(found.unknown) + len(found.judged):,}"
        console.print(
            f"classes that the classifier can't know, counted separately: {count}: {names}{more}"
        )
