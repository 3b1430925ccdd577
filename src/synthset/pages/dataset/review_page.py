"""A page to look through images one by one and write a review file: click, save, run again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from synthset.pages.kit.render import render_page
from synthset.pages.kit.thumbnails import count_most, make_thumbnails
from synthset.results.dataset.finished_records import FinishedRecords, take_evenly
from synthset.results.reason import describe_reason
from synthset.sheets import write_sheet
from synthset.store.dataset import Dataset

REVIEW_PAGE = "<title>Review of "  # how a page of ours is known again
Which = Literal["kept", "rejected", "all"]


def choose_rows_to_review(
    seen: FinishedRecords, which: Which, per_class: int
) -> dict[int, list[int]]:
    """Choose rows by label: so many of each class, evenly over what there is.

    A page holds only so many images; with many classes each gets fewer.
    """
    wanted = {"kept": seen.keep, "rejected": seen.made & ~seen.keep, "all": seen.made}[which]
    each = max(1, min(per_class, count_most() // max(1, len(seen.classes))))
    groups = {}
    for label in range(len(seen.classes)):
        rows = np.flatnonzero(wanted & (seen.labels == label))
        if len(rows):
            groups[label] = take_evenly(rows, each)
    return groups


def review_page(
    dataset: Dataset, said: Mapping[str, tuple[str, str]], which: Which, per_class: int
) -> str:
    """Write the HTML of the page: it needs no server, and keeps verdicts in the browser until they
    are saved as `review.csv`.

    Args:
        dataset: with images, and a selection for `kept` and `rejected`.
        said: verdict and note of records that have been reviewed.
        which: images to look at.
        per_class: how many of each class at most.
    """
    seen = FinishedRecords.of(dataset)
    groups = choose_rows_to_review(seen, which, per_class)
    ids = seen.records.column("id")
    names = [ids[row].as_py() for rows in groups.values() for row in rows]
    found = make_thumbnails(dataset, names)
    classes: list[dict[str, Any]] = []
    for label, rows in groups.items():
        shown = [ids[row].as_py() for row in rows]
        pictures = [
            {"id": name, "uri": found[name].uri, "why": _why(seen, row)}
            for name, row in zip(shown, rows, strict=True)
            if name in found
        ]
        classes.append({"name": seen.classes[label]["name"], "pictures": pictures})
    key = f"synthset review {dataset.name} {dataset.view.images}"
    verdicts = {name: list(each) for name, each in said.items()}
    return render_page(
        "dataset/review_page.html.j2",
        {"name": dataset.name, "classes": classes, "which": which},
        scripts=["dataset/review.js"],
        data={"key": key, "verdicts": verdicts},
        strict_style=True,
    )


def review_table(
    dataset: Dataset, said: Mapping[str, tuple[str, str]], which: Which, per_class: int
) -> str:
    """Write the same images as CSV, for an editor: `id,verdict,note,class,reason`."""
    seen = FinishedRecords.of(dataset)
    ids, table = seen.records.column("id"), []
    for label, rows in choose_rows_to_review(seen, which, per_class).items():
        for row in rows:
            name = ids[row].as_py()
            verdict, note = said.get(name, ("", ""))
            table.append((name, verdict, note, seen.classes[label]["name"], _why(seen, row)))
    return write_sheet(("id", "verdict", "note", "class", "reason"), table)


def _why(seen: FinishedRecords, row: int) -> str:
    reason = seen.reasons[row]
    return "" if reason is None else describe_reason(reason.group)
