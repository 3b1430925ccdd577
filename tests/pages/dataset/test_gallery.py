from __future__ import annotations

from typing import Any

import numpy as np

from synthset.pages.dataset.gallery import choose_kept, choose_rejected, make_pictures, share_room
from synthset.pages.kit.thumbnails import make_thumbnails
from synthset.recipe.exports import Report
from synthset.results.dataset.finished_records import FinishedRecords, take_evenly
from synthset.results.dataset.summary import summarise


def test_room_is_shared_fairly_and_none_gets_more_than_it_has() -> None:
    assert share_room([100, 1, 100], 11) == [5, 1, 5]
    assert share_room([3, 3], 100) == [3, 3]
    assert share_room([], 5) == []
    assert sum(share_room([7, 9, 2, 30], 20)) == 20


def test_a_spread_reaches_over_all_and_keeps_the_order() -> None:
    assert take_evenly(np.arange(100), 4) == [0, 25, 50, 75]
    assert take_evenly(np.arange(3), 4) == [0, 1, 2]


def test_kept_images_come_by_class_and_rank(made: Any) -> None:
    seen = FinishedRecords.of(made[0])
    rows = choose_kept(seen, Report(gallery_per_class=2))
    table = seen.records
    assert list(rows) == [0, 1]
    for label, group in rows.items():
        assert table.column("label").take(group).to_pylist() == [label, label]
        assert table.column("rank").take(group).to_pylist() == [1, 3]
        assert table.column("keep").take(group).to_pylist() == [True, True]


def test_rejected_images_come_by_reason_and_have_pixels(made: Any) -> None:
    seen = FinishedRecords.of(made[0])
    groups = choose_rejected(seen, summarise(made[0], seen)["dropped"], limit=6)
    assert [(group["step"], len(rows)) for group, rows in groups] == [
        ("1 limits", 2),
        ("1 limits", 2),
        ("2 duplicates", 2),
    ]
    assert choose_rejected(seen, summarise(made[0], seen)["dropped"], limit=0) == []


def test_a_picture_keeps_each_fact_on_one_line(made: Any) -> None:
    seen = FinishedRecords.of(made[0])
    names = seen.records.column("id").to_pylist()
    failed, shown = 0, 15
    found = make_pictures(seen, [failed, shown], make_thumbnails(made[0], names))
    assert len(found) == 1  # the failed one has no picture
    lines = found[0]["facts"].splitlines()
    assert lines[1].startswith("prompt: a photo of a <img")
    assert lines[1].endswith(", number 7")
    assert lines[-1] == f"id: {names[shown]}"
