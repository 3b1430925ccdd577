"""What a reviewer keeps stays, what a reviewer drops goes, in every step."""

import numpy as np
import pytest
from test_select import records as plain
from test_steps import Eyes, decided, records

from synthset.errors import RecipeError
from synthset.recipe.selection import Selection
from synthset.selection.review import read_review
from synthset.selection.select import decide, select

BAD = ("r149", "r299")  # in the last third of their class, which lies far from the real images


@pytest.fixture
def review(tmp_path):
    def write(**verdicts):
        lines = [f"{name},{verdict},looked at" for name, verdict in verdicts.items()]
        (tmp_path / "review.csv").write_text("\n".join(["id,verdict,note", *lines]) + "\n")
        return str(tmp_path / "review.csv")

    return write


def kept(table):
    return {row["id"] for row in table.to_pylist() if row["keep"]}


def test_a_dropped_image_leaves_first_with_the_note_as_reason(review):
    table = select(plain(a=[1.0, 2.0]), Selection(review=review(r1="drop"), steps=[]))
    reason = table.to_pylist()[1]["reason"]
    assert (reason["step"], reason["rule"], reason["note"]) == ("review", "reviewed", "looked at")
    assert kept(table) == {"r0"}


def test_no_limit_duplicate_or_quota_drops_what_a_reviewer_keeps(review):
    table = plain(a=[1.0, 2.0, 3.0, 4.0], sha256=["s", "s", "s", "t"])
    steps = [{"kind": "limits", "limits": {"a": {"min": 3}}}, {"kind": "duplicates"}]
    found = select(table, Selection(review=review(r1="keep"), steps=steps, target_per_class=1))
    assert kept(found) == {"r1"}


@pytest.mark.parametrize(
    "step",
    [
        {"kind": "top", "by": "a", "per_class": 2},
        {"kind": "random", "per_class": 2},
    ],
)
def test_a_number_of_each_class_counts_what_a_reviewer_keeps(review, step):
    table = plain(a=np.arange(20.0))
    found = kept(select(table, Selection(review=review(r0="keep"), steps=[step])))
    assert "r0" in found
    assert len(found) == 2


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"objective": "mmd"},
        {"target": "both"},
        {"target": "all"},
        {"kind": "diverse"},
        {"kind": "diverse", "method": "k_center"},
    ],
    ids=str,
)
def test_a_chosen_set_holds_what_a_reviewer_keeps_and_its_size_stays(review, settings):
    step = {"kind": "nearest_set", "encoder": "clip", "reference": "photos", "per_class": 30}
    step |= settings
    if step["kind"] == "diverse":
        del step["reference"]
    file = review(**dict.fromkeys(BAD, "keep"))
    found = decide(records(), Selection(review=file, steps=[step]), Eyes())
    without = decide(records(), Selection(steps=[step]), Eyes())
    assert set(BAD) <= kept(found.table)
    assert len(kept(found.table)) == len(kept(without.table)) == 60
    if step["kind"] == "nearest_set" and step.get("target", "class") == "class":
        assert not set(BAD) & kept(without.table)


def test_the_set_around_what_a_reviewer_keeps_is_still_a_near_one(review):
    file = review(**dict.fromkeys(BAD, "keep"))
    step = {"kind": "nearest_set", "encoder": "clip", "reference": "photos", "per_class": 40}
    found = decide(records(), Selection(review=file, steps=[step]), Eyes())
    free = decided(Eyes(), per_class=40)
    for fixed, best in zip(found.outcomes, free.outcomes, strict=True):
        assert fixed["nearest"]["target"] < fixed["random"]["target"]
        assert fixed["nearest"]["target"] >= best["nearest"]["target"]


def test_a_flagged_image_is_no_data_whatever_a_reviewer_says(review):
    table = plain(a=[1.0], nsfw=[True])
    assert not kept(select(table, Selection(review=review(r0="keep"), steps=[])))


def test_a_verdict_that_cannot_be_meant_is_named_with_its_line(review):
    with pytest.raises(RecipeError, match=r"line 3: verdict 'kepe'.*did you mean 'keep'"):
        read_review(review(a="drop", b="kepe"))
    with pytest.raises(RecipeError, match="cannot be read"):
        read_review("nowhere.csv")
