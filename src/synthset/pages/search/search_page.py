"""What a search found, as one HTML file with thumbnails."""

from __future__ import annotations

from synthset.pages.kit.render import render_page
from synthset.pages.kit.thumbnails import make_thumbnails
from synthset.results.hits import Hits
from synthset.store.dataset import Dataset


def render_search_page(dataset: Dataset, hits: Hits, asked: str) -> str:
    """Write the HTML.

    Args:
        dataset: that was searched.
        hits: what was found.
        asked: the query, in words.
    """
    content = {
        "name": dataset.name,
        "hits": hits,
        "small": make_thumbnails(dataset, [one.id for one in hits]),
        "asked": asked,
    }
    return render_page("search/search_page.html.j2", content)
