"""What a search found, as one HTML file with thumbnails."""

from __future__ import annotations

from collections.abc import Sequence

from synthset.pages.kit.render import render_page
from synthset.pages.kit.thumbnails import thumbnails
from synthset.results.hits import Hit
from synthset.store.dataset import Dataset


def page(dataset: Dataset, found: Sequence[Hit], asked: str, how: str) -> str:
    """Write the HTML.

    Args:
        dataset: that was searched.
        found: best first.
        asked: the query, in words.
        how: what the scores are.
    """
    content = {
        "name": dataset.name,
        "found": found,
        "small": thumbnails(dataset, [one.id for one in found]),
        "asked": asked,
        "how": how,
    }
    return render_page("search/search_page.html.j2", content)
