"""`synthset search`: find records by words, by an example, or by what CLIP sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from synthset.cli.options import DatasetFolder, OutFile
from synthset.cli.terminal import screen, tell

if TYPE_CHECKING:
    from synthset.results.hits import Hit
    from synthset.store.dataset import Dataset

SHOWN = 12  # digits of an id: enough for --like


def search(
    directory: DatasetFolder,
    words: Annotated[
        str | None,
        typer.Argument(
            help="Words of prompt, class or synonyms; if none has all, any.", metavar="WORDS"
        ),
    ] = None,
    like: Annotated[
        str | None, typer.Option(help="Images like this one: an id, its first digits, or a file.")
    ] = None,
    clip: Annotated[str | None, typer.Option(help="Images that CLIP takes for this text.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Whose features --like and --clip compare.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="At most.")] = 20,
    output: OutFile = None,
) -> None:
    """Find images by words, by an example, or by what CLIP sees in them.

    Example: synthset search my-demo "red truck" -o found.html
    """
    from synthset.errors import UsageError
    from synthset.store.dataset import Dataset

    if sum(asked is not None for asked in (words, like, clip)) != 1:
        raise UsageError(
            "synthset search: asks one thing: words, or --like an image, or --clip a text"
        )
    if output is not None and (output.suffix != ".html" or output.exists()):
        why = "exists already" if output.exists() else "the page is an .html file"
        raise UsageError(f"-o {output}: {why}; name a new .html file")
    dataset = Dataset.open(directory)
    found, how = _search(dataset, words, like, clip, encoder, limit)
    _show(found, how)
    if output is not None:
        from synthset.pages.search.search_page import page
        from synthset.store.folder import LocalFolder

        text = page(dataset, found, words or clip or f"like {like}", how)
        LocalFolder(output.parent).create(output.name, text.encode())
        tell(output)


def _search(
    dataset: Dataset,
    words: str | None,
    like: str | None,
    clip: str | None,
    encoder: str | None,
    limit: int,
) -> tuple[list[Hit], str]:
    """Ask, and say what the scores are."""
    if words is not None:
        from synthset.search.text_search import search_words

        found = search_words(dataset, words, limit)
        if found or len(words.split()) < 2:
            return found, "BM25"
        some = search_words(dataset, words, limit, any_word=True)
        return some, "BM25 over any of the words, as no record has all"
    from synthset.search.feature_search import search_clip, search_like

    if like is not None:
        return search_like(dataset, like, limit, encoder), "cosine of image features"
    assert clip is not None
    return search_clip(dataset, clip, limit, encoder), "cosine of CLIP features"


def _show(found: list[Hit], how: str) -> None:
    from rich.table import Table

    table = Table(title=f"{len(found):,} found, by {how}", title_justify="left", box=None)
    table.add_column("id", no_wrap=True)
    table.add_column("class", max_width=18, no_wrap=True)
    table.add_column("score", justify="right")
    table.add_column("path", no_wrap=True, min_width=38)
    for one in found:
        table.add_row(one.id[:SHOWN], one.class_name, f"{one.score:.4g}", one.path)
    screen().print(table)
