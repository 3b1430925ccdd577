"""What the recipe asks of the kept part as a whole."""

import pytest

from synthset.errors import RecipeError
from synthset.recipe.recipe import load_recipe
from synthset.recipe.steps import Limit
from synthset.results.acceptance import check_acceptance
from synthset.results.figure import ConfidenceInterval
from synthset.results.metric_result import MetricResult, SetResults
from synthset.results.stored import dump, load


def result(name, value, of="kept", interval=None, **more):
    interval = interval and ConfidenceInterval(*interval, "bootstrap over images")
    return MetricResult(name=name, of=of, measured_by="m", value=value, interval=interval, **more)


FOUND = [
    result("FID", 50.0, of="all"),
    result("FID", 28.0, interval=(26.0, 31.0)),
    result("FID", 99.0, class_key="cat"),
    result("CLIP score", 24.0, interval=(23.8, 24.2)),
    result("Inception Score", None).warn("fewer than two images"),
]


def test_the_kept_part_is_held_against_the_limit_and_no_other():
    (fid, clip) = check_acceptance(FOUND, {"FID": Limit(max=30), "CLIP score": Limit(min=25)})
    assert (fid.value, fid.accepted, fid.asked) == (28.0, True, "at most 30")
    assert (clip.accepted, clip.asked) == (False, "at least 25")


def test_an_interval_over_the_limit_is_not_sure():
    assert check_acceptance(FOUND, {"FID": Limit(max=30)})[0].sure is False
    assert check_acceptance(FOUND, {"FID": Limit(max=40)})[0].sure is True


def test_what_was_not_measured_is_not_accepted_and_says_why():
    (score, typo) = check_acceptance(FOUND, {"Inception Score": Limit(min=1), "FDI": Limit(max=30)})
    assert (score.accepted, score.note) == (False, "fewer than two images")
    assert not typo.accepted
    assert "measured: CLIP score, FID, Inception Score" in typo.note


def test_each_reference_that_a_metric_was_taken_against_must_be_met():
    two = [result("FD", 9.0, reference="train"), result("FD", 40.0, reference="test")]
    verdicts = check_acceptance(two, {"FD": Limit(max=30)})
    assert [(one.name, one.accepted) for one in verdicts] == [
        ("FD against train", True),
        ("FD against test", False),
    ]


def test_a_value_that_is_no_number_is_not_accepted():
    stored = dump(SetResults((result("FD", float("nan")),)))
    found = load(SetResults, stored, "here").results
    (one,) = check_acceptance(found, {"FD": Limit(max=30)})
    assert str(one) == "not accepted: FD not measured, required at most 30 (no value)"


def test_a_limit_of_a_metric_needs_numbers():
    content = {"name": "x", "classes": ["a"], "source": {"kind": "shapes"}, "images_per_class": 1}
    assert load_recipe({**content, "accept": {"FID": {"max": 30}}}).accept["FID"].max == 30
    with pytest.raises(RecipeError, match="accept"):
        load_recipe({**content, "accept": {"FID": {"equals": "good"}}})


def test_a_mean_over_some_of_the_classes_says_so():
    (verdict,) = check_acceptance(
        [result("FID", 20.0, over=" over 3 of 4 classes")], {"FID": Limit(max=30)}
    )
    assert str(verdict).startswith("accepted: FID over 3 of 4 classes ")
