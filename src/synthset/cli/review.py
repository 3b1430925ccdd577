"""`synthset review`: a page to look through images and write verdicts."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from synthset.cli.options import DatasetFolder
from synthset.cli.terminal import tell


class ReviewPart(StrEnum):
    """Which images to review."""

    kept = "kept"
    rejected = "rejected"
    all = "all"


def review(
    directory: DatasetFolder,
    output: Annotated[
        str, typer.Option("-o", "--output", help="Page (.html) or table (.csv) to write.")
    ] = "review.html",
    part: Annotated[ReviewPart, typer.Option(help="Which images to review.")] = ReviewPart.kept,
    per_class: Annotated[int, typer.Option(min=1, help="Maximum number of images per class.")] = 40,
) -> None:
    """Write a page on which you keep or drop images by hand; the recipe then names its file.

    Example: synthset review my-demo -o review.html
    """

    from synthset.errors import UsageError
    from synthset.pages.dataset.review_page import REVIEW_PAGE, review_page, review_table
    from synthset.selection.review import read_review
    from synthset.store.dataset import Dataset
    from synthset.store.folder import LocalFolder
    from synthset.store.remote import require_on_disk

    place = require_on_disk(output, "--output")
    if place.suffix not in (".html", ".csv"):
        raise UsageError(f"--output {output}: ends in {place.suffix!r}; name a .html or .csv file")
    ours = place.suffix == ".html" and place.is_file() and REVIEW_PAGE in place.read_text("utf-8")
    if place.exists() and not ours:
        raise UsageError(f"--output {output}: exists and may hold verdicts; name another file")
    dataset = Dataset.open(directory)
    recipe = dataset.recipe_content()
    named = (recipe.get("selection") or {}).get("review")
    said = {
        name: ("keep" if verdict.keep else "drop", verdict.note)
        for name, verdict in (read_review(named) if named else {}).items()
    }
    write = review_page if place.suffix == ".html" else review_table
    text = write(dataset, said, part.value, per_class)
    LocalFolder(place.parent).replace(place.name, text.encode())
    tell(place)
