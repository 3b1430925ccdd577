"""Intended classes against a classifier's first choices, as the page draws them."""

from __future__ import annotations

from synthset.pages.kit.matrix import draw_matrix
from synthset.pages.kit.picture import Picture
from synthset.results.dataset.confusions import Confusion


def draw_confusion(found: Confusion) -> Picture:
    """Draw the matrix, where there is one."""
    assert found.shares is not None
    return draw_matrix(
        f"confusion-{found.score}",
        "What the classifier sees in images of each class, in percent of the row",
        found.classes,
        [*found.classes, "another class"],
        found.shares,
        ("the classifier's first choice", "intended class"),
    )
