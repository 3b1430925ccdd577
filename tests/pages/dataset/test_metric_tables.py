from __future__ import annotations

from typing import Any

import pytest

from synthset.metrics.caution import Caution
from synthset.pages.dataset.metric_tables import change, make_class_tables, make_table
from synthset.results.metric_result import Floor, MetricResult

CLASSES = [{"key": "a", "name": "ant"}, {"key": "b", "name": "bee"}]


def metric(of: str, value: float | None, *cautions: Caution | str, **more: Any) -> MetricResult:
    blank: dict[str, Any] = {"name": "FD", "n": 5, "measured_by": "m", "better": "lower"}
    return MetricResult(of=of, value=value, **(blank | more)).warn(*cautions)


def test_all_kept_and_rejected_stand_in_one_row() -> None:
    (row,) = make_table([metric("all", 10.0), metric("kept", 8.0), metric("rejected", None)])
    assert [row["parts"][part].value for part in ("all", "kept", "rejected")] == [
        10.0,
        8.0,
        None,
    ]
    assert row["change"] == ("better", 20.0)


def test_the_same_name_by_another_model_is_another_row() -> None:
    rows = make_table([metric("all", 1.0), metric("all", 2.0, measured_by="other")])
    assert [row["measured_by"] for row in rows] == ["m", "other"]
    assert rows[0]["parts"]["kept"] is None


def test_a_warning_that_parts_share_is_said_once() -> None:
    (row,) = make_table([metric("all", 1.0, "few"), metric("kept", 1.0, "few")])
    assert row["warnings"] == ["all, kept: few"]


@pytest.mark.parametrize(
    ("better", "old", "new", "expected"),
    [
        ("higher", 10.0, 12.0, ("better", 20.0)),
        ("higher", 10.0, 8.0, ("worse", 20.0)),
        ("lower", 10.0, 12.0, ("worse", 20.0)),
        ("lower", 10.0, 10.0, None),
        ("lower", None, 10.0, None),
        (None, 10.0, 12.0, None),
    ],
)
def test_better_follows_the_direction(
    better: str | None, old: float | None, new: float, expected: tuple[str, float] | None
) -> None:
    assert change(metric("all", old, better=better), metric("kept", new, better=better)) == expected


def test_classes_come_weakest_first_whatever_the_direction() -> None:
    for better, first in (("higher", "ant"), ("lower", "bee")):
        values = (("a", 0.3), ("b", 0.7))
        found = [metric("all", v, class_key=k, better=better) for k, v in values]
        (chart,) = make_class_tables(found, CLASSES)
        assert chart["rows"][0]["class"] == first
        assert (chart["low"], chart["high"]) == (0.0, 1.0)


def test_a_metric_of_the_whole_set_has_no_chart_by_class() -> None:
    assert make_class_tables([metric("all", 1.0)], CLASSES) == []
    assert make_table([metric("all", 1.0, class_key="a")]) == []


def test_real_images_belong_to_the_axis_and_to_the_row_of_the_kept() -> None:
    floors = [Floor(value, (0.0, value), 9, 9) for value in (3.0, 9.0)]
    found = [
        metric(of, 5.0, class_key="a", floor=floor)
        for of, floor in zip(("all", "kept"), floors, strict=True)
    ]
    (chart,) = make_class_tables([*found, metric("all", 6.0, class_key="b")], CLASSES)
    assert [row["floor"] for row in chart["rows"]] == [None, floors[1]]
    assert chart["high"] == 9.0


def test_warnings_that_differ_in_figures_only_are_said_once() -> None:
    few = "few: {} of {:,}"
    said = [("a", Caution(few, (12, 1300))), ("b", Caution(few, (14, 1300))), ("b", "other")]
    found = [
        metric(of, 1.0, text, class_key=key)
        for of, (key, text) in zip(("all", "all", "kept"), said, strict=True)
    ]
    (chart,) = make_class_tables(found, CLASSES)
    assert chart["warnings"] == [
        "ant, all: few: 12 of 1,300 (and the like in 1 more)",
        "bee, kept: other",
    ]


def test_the_rejected_part_has_its_numbers_by_class_and_does_not_stretch_the_axis() -> None:
    found = [metric(of, v, class_key="a") for of, v in (("all", 2.0), ("kept", 1.5))]
    (chart,) = make_class_tables([*found, metric("rejected", 90.0, "few", class_key="a")], CLASSES)
    assert chart["rows"][0]["rejected"].value == 90.0
    assert chart["high"] == 2.0
    assert chart["warnings"] == ["ant, rejected: few"]
