"""Images by group: counts, recognition with Wilson's interval, means of what is by class."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from synthset.metrics.statistics.intervals import wilson
from synthset.results.dataset.finished_records import FinishedRecords
from synthset.results.dataset.groups import GroupTable, make_group_table
from synthset.results.dataset.summary import summarise
from synthset.results.metric_result import MetricResult
from synthset.store.dataset import Dataset

GROUPS = {
    "synsets": {"odd": ["odd.n.01"], "animal": ["animal.n.01", "pet.n.01"], "empty": ["x.n.01"]},
    "members": {"odd": [1], "animal": [0, 1], "empty": []},
    "several": [1],
    "outside": [],
    "unknown": [],
}

DISTANCE = MetricResult(name="FD", of="all", measured_by="clip", better="lower")


def table(dataset: Dataset, groups: dict[str, Any]) -> GroupTable | None:
    dataset.write_json("groups.json", groups)
    seen = FinishedRecords.of(dataset)
    return make_group_table(dataset, seen, summarise(dataset, seen)["classes"], dataset.metrics())


def test_a_class_of_two_groups_counts_in_both(made: Any) -> None:
    found = table(made[0], GROUPS)
    assert found is not None
    assert [(row.name, len(row.classes), row.planned, row.made) for row in found.rows] == [
        ("animal", 2, 16, 14),
        ("odd", 1, 8, 7),
    ]
    assert found.several == [FinishedRecords.of(made[0]).name_class(1)]


def test_rates_are_wilsons_and_a_failed_image_is_not_recognised(made: Any) -> None:
    found = table(made[0], GROUPS)
    assert found is not None
    both, odd = (row.rates[0] for row in found.rows)
    assert (both.n_all, both.all) == (16, wilson(13, 16))  # 2 failed, 1 is seen as another
    assert (odd.n_all, odd.all) == (8, wilson(7, 8))
    assert (both.n_kept, both.kept) == (8, wilson(7, 8))
    assert (odd.n_kept, odd.kept) == (4, wilson(4, 4))


def test_classes_outside_and_without_synset_stand_apart_at_the_end(made: Any) -> None:
    one = {"synsets": {"pet": ["x"], "gone": ["y"]}, "members": {"pet": [0], "gone": []}}
    found = table(made[0], {**one, "several": [], "outside": [], "unknown": [1]})
    assert found is not None
    assert [row.name for row in found.rows] == ["pet", "no synset"]
    assert found.unknown == 1
    found = table(made[0], {**one, "several": [], "outside": [1], "unknown": []})
    assert found is not None
    assert [row.name for row in found.rows] == ["pet", "none of these"]


def test_a_metric_by_class_is_a_mean_over_the_classes_of_a_group(made: Any) -> None:
    dataset = made[0]
    values = [("key-0", 10.0), ("key-1", 30.0), (None, 99.0)]
    results = [replace(DISTANCE, class_key=key, value=value) for key, value in values]
    dataset.write_json("groups.json", GROUPS)
    seen = FinishedRecords.of(dataset)
    found = make_group_table(dataset, seen, summarise(dataset, seen)["classes"], results)
    assert found is not None
    assert found.metrics == {("FD", "clip"): "lower"}
    assert [row.means for row in found.rows] == [
        {("FD", "clip"): (20.0, None)},
        {("FD", "clip"): (30.0, None)},
    ]


def test_a_mean_over_some_classes_of_a_group_says_so(made: Any) -> None:
    results = [
        replace(DISTANCE, of=part, class_key=key, value=value)
        for part, key, value in (
            ("all", "key-0", 10.0),
            ("kept", "key-0", 10.0),
            ("all", "key-1", 30.0),
        )
    ]
    made[0].write_json("groups.json", GROUPS)
    seen = FinishedRecords.of(made[0])
    found = make_group_table(made[0], seen, summarise(made[0], seen)["classes"], results)
    assert found is not None
    over = [row.over["FD", "clip"] for row in found.rows]
    assert over == [("", " over 1 of 2 classes"), ("", "")]
