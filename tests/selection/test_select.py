"""Selection: what is dropped, and why."""

import numpy as np
import pyarrow as pa
import pytest

from synthset.recipe.selection import Selection
from synthset.results.reason import Reason, describe_reason
from synthset.selection.select import select


def records(**columns):
    count = len(next(iter(columns.values())))
    given = {
        "id": [f"r{i}" for i in range(count)],
        "label": pa.array([0] * count, pa.int32()),
        "sha256": [f"s{i}" for i in range(count)],
        "error": pa.nulls(count, pa.string()),
    }
    return pa.table({**given, **columns})


def chosen(table, **settings):
    return select(table, Selection(**settings)).to_pylist()


def said(row):
    return row["reason"] and describe_reason(Reason(**row["reason"]))


def limits(**columns):
    return {"steps": [{"kind": "limits", "limits": columns}]}


def test_a_limit_drops_with_the_score_and_the_limit_as_reason():
    found = chosen(
        records(clip_score=[18.2, 25.0, 31.0]), **limits(clip_score={"min": 22, "max": 30})
    )
    assert [row["keep"] for row in found] == [False, True, False]
    assert [said(row) for row in found] == ["clip_score 18.2 < 22", None, "clip_score 31 > 30"]
    assert found[0]["reason"]["step"] == "1 limits"


def test_the_ends_of_a_limit_are_kept():
    found = chosen(records(a=[1.0, 2.0]), **limits(a={"min": 1, "max": 2}))
    assert all(row["keep"] for row in found)


def test_a_missing_score_is_no_pass():
    found = chosen(records(a=pa.array([None, 1.0])), **limits(a={"max": 9}))
    assert said(found[0]) == "a missing"


def test_words_and_nulls_can_be_asked_for():
    issues = pa.array(["dark", None])
    assert [r["keep"] for r in chosen(records(i=issues), **limits(i={"equals": None}))] == [
        False,
        True,
    ]
    assert chosen(records(i=issues), **limits(i={"equals": "dark"}))[1]["reason"]["note"] == "None"


def test_failed_images_leave_first_with_their_error():
    table = records(error=pa.array(["not a readable image", None]), sha256=pa.array([None, "s"]))
    found = chosen(table)
    assert said(found[0]) == "not a readable image"
    assert found[0]["reason"]["step"] == "image"


def test_a_flagged_image_is_never_data():
    found = chosen(records(nsfw=pa.array([True, False, None])))
    assert [row["keep"] for row in found] == [False, True, True]
    assert found[0]["reason"]["step"] == "safety"


def test_of_equal_bytes_the_first_still_in_stays():
    table = records(sha256=["x", "x", "x"], a=[0.0, 5.0, 5.0])
    steps = [{"kind": "limits", "limits": {"a": {"min": 1}}}, {"kind": "duplicates"}]
    found = chosen(table, steps=steps)
    assert [row["keep"] for row in found] == [False, True, False]
    assert said(found[2]) == "same bytes as r1"


def test_top_keeps_the_best_of_each_class_and_ties_keep_the_order():
    table = records(a=[1.0, 3.0, 3.0, 9.0, 8.0], label=pa.array([0, 0, 0, 1, 1], pa.int32()))
    found = chosen(table, steps=[{"kind": "top", "by": "a", "per_class": 1}])
    assert [row["keep"] for row in found] == [False, True, False, True, False]
    lowest = chosen(table, steps=[{"kind": "top", "by": "a", "per_class": 1, "lowest": True}])
    assert [row["keep"] for row in lowest] == [True, False, False, False, True]


def test_a_quota_ranks_within_the_class():
    table = records(a=[1.0, 3.0, 2.0])
    found = chosen(table, steps=[], target_per_class=2, order_by="a")
    assert [row["rank"] for row in found] == [None, 1, 2]
    assert found[0]["reason"]["step"] == "quota"


def test_a_random_draw_does_not_depend_on_the_order():
    table = records(a=np.arange(30.0))
    turned = table.take(list(range(30))[::-1])
    step = {"steps": [{"kind": "random", "per_class": 10, "seed": 3}]}
    ids = {row["id"] for row in chosen(table, **step) if row["keep"]}
    assert ids == {row["id"] for row in chosen(turned, **step) if row["keep"]}
    assert len(ids) == 10
    other = {"steps": [{"kind": "random", "per_class": 10, "seed": 4}]}
    assert ids != {row["id"] for row in chosen(table, **other) if row["keep"]}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none_do_not_pass_for_high_scores(value):
    found = chosen(records(a=[value, 1.0]), **limits(a={"max": 2}))
    assert [row["keep"] for row in found] == [False, True]


def test_a_limit_means_the_same_with_its_defaults_written_out():
    table = records(a=[0.0, 1.0], issue=pa.array(["dark", None]))
    steps = [{"kind": "limits", "limits": {"a": {"min": 0.5}, "issue": {"equals": None}}}]
    written = Selection(steps=steps).model_dump(mode="json")
    assert [row["keep"] for row in chosen(table, **written)] == [False, True]
    limits_of = {"a": {"min": 1, "equals": "dark"}}
    with pytest.raises(ValueError, match="either equals, or min and max"):
        Selection(steps=[{"kind": "limits", "limits": limits_of}])
