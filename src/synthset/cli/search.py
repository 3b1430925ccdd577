"""`synthset search`: find records by words, by an example, or by what CLIP sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from synthset.cli.options import DatasetFolder, OutFile
from synthset.cli.terminal import screen, tell
from synthset.pages.kit.numbers import number

if TYPE_CHECKING:
    from synthset.results.hits import Hits

SHOWN = 12  # digits of an id: enough for --like


def search(
    directory: DatasetFolder,
    words: Annotated[
        str | None,
        typer.Argument(
            help=("Words of prompt, class or synonyms; if no record has them all, any will do."),
            metavar="WORDS",
        ),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(help="Find images like this one: an id, its first digits, or a file."),
    ] = None,
    clip: Annotated[
        str | None, typer.Option(help="Find images that match this text according to CLIP.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Encoder whose features are compared.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=10_000, help="Maximum number of results.")
    ] = 20,
    output: OutFile = None,
) -> None:
    """Find images by words, by an example, or by what CLIP sees in them.

    Example: synthset search my-demo "red truck" -o found.html
    """
    from synthset.errors import UsageError
    from synthset.search.search_records import search_records

    if output is not None and (output.suffix != ".html" or output.exists()):
        why = "exists already" if output.exists() else "the page is an .html file"
        raise UsageError(f"-o {output}: {why}; name a new .html file")
    hits = search_records(directory, words, like=like, clip=clip, encoder=encoder, limit=limit)
    _show(hits)
    if output is not None:
        from synthset.pages.search.search_page import render_search_page
        from synthset.store.dataset import Dataset
        from synthset.store.folder import LocalFolder

        text = render_search_page(Dataset.open(directory), hits, words or clip or f"like {like}")
        LocalFolder(output.parent).create(output.name, text.encode())
        tell(output)


def _show(hits: Hits) -> None:
    from rich.table import Table

    if not len(hits):
        tell("no record matches")
        return
    title = f"{len(hits):,} found, scored by {hits.score}"
    table = Table(title=title, title_justify="left", box=None)
    table.add_column("id", no_wrap=True)
    table.add_column("class", max_width=18, no_wrap=True)
    table.add_column("score", justify="right")
    table.add_column("path", no_wrap=True, min_width=38)
    for one in hits:
        table.add_row(one.id[:SHOWN], one.class_name, number(one.score), one.path)
    screen().print(table)
