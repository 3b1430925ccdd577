"""What a search found, as one HTML file with thumbnails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from synthset.pages.kit import thumbnails as report
from synthset.pages.kit.policy import content_policy
from synthset.pages.kit.templates import KIT, environment
from synthset.search.hits import Found
from synthset.store.dataset import Dataset

HERE = Path(__file__).parent


def page(dataset: Dataset, found: Sequence[Found], asked: str, how: str) -> str:
    """Write the HTML.

    Args:
        dataset: that was searched.
        found: best first.
        asked: the query, in words.
        how: what the scores are.
    """
    pages = environment(HERE)
    small = report.thumbnails(dataset, [one.id for one in found])
    style = (KIT / "page.css").read_text(encoding="utf-8")
    return pages.get_template("page.html.j2").render(
        style=Markup(style),
        policy=content_policy(),
        name=dataset.name,
        found=found,
        small=small,
        asked=asked,
        how=how,
    )
