"""Images within the page: as data URIs, made smaller where the page would grow too large."""

from __future__ import annotations

from collections.abc import Sequence

from synthset.store.dataset import Dataset
from synthset.thumbnail import Thumbnail, make_thumbnail

SIDES_PX = (
    (128, 5200),
    (96, 3400),
    (64, 2000),
    (48, 1400),
)  # side, and about how many characters it takes
PAGE = 10_000_000  # characters that all images of a page may take together


def make_thumbnails(dataset: Dataset, ids: Sequence[str]) -> dict[str, Thumbnail]:
    """Make the thumbnails of some records; one that can't be read is left out.

    The more there are, the smaller they are, so that a page of any dataset stays under some 15 MB.
    """
    side = choose_side_px(len(ids))
    found = zip(ids, dataset.read_images(ids) if ids else [], strict=True)
    made = {name: make_thumbnail(image, side) for name, image in found}
    return {name: thumbnail for name, thumbnail in made.items() if thumbnail is not None}


def choose_side_px(count: int) -> int:
    """Longest side of each of so many thumbnails, in pixels."""
    return next((side for side, size in SIDES_PX if size * count <= PAGE), SIDES_PX[-1][0])


def count_most() -> int:
    """How many thumbnails a page can hold at all."""
    return PAGE // SIDES_PX[-1][1]
