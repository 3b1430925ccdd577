"""Scores summed up: in all, by class, and over the classes."""

import numpy as np
import pyarrow as pa
import pytest

from synthset.engine.columns import clip_scores, recognition

# Five images of each of four classes: none, two, all recognised, and one whose images failed.
RANKS = [6, 6, 2, 3, 9, 1, 1, 2, 7, 5, 1, 1, 1, 1, 1, None, None, None, None, None]
LABELS = np.repeat(np.arange(4), 5)
RECORDS = pa.table(
    {
        "label": pa.array(LABELS, pa.int32()),
        "class_key": [f"key-{label}" for label in LABELS],
        "judge_rank": pa.array(RANKS, pa.int32()),
        "fit": pa.array([20.0 + i for i in range(15)] + [None] * 5, pa.float32()),
    }
)
ALL = np.ones(20, dtype=bool)


def rate(name, key=None, mask=ALL):
    results = recognition(RECORDS, "judge", "m", "all", mask, 4)
    return next(r for r in results if (r.name, r.class_key) == (name, key))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("recognition rate", 7 / 20),
        ("recognition rate, top 5", 11 / 20),
        ("recognition rate, mean of classes", 7 / 20),
        ("recognition rate, deviation of classes", np.std([0, 0.4, 1, 0])),
        ("classes with none recognised", 0.5),
        ("classes with all recognised", 0.25),
    ],
)
def test_recognition_is_summed_up_over_images_and_over_classes(name, value):
    row = rate(name)
    assert row.value == pytest.approx(value)
    assert row.interval[0] < row.value < row.interval[1]
    assert row.n == 20


def test_recognition_is_told_of_each_class():
    assert [rate("recognition rate", f"key-{i}").value for i in range(4)] == [0, 0.4, 1, 0]
    assert [rate("recognition rate, top 5", f"key-{i}").value for i in range(4)] == [0.4, 0.8, 1, 0]
    assert rate("recognition rate", "key-1").n == 5


def test_each_class_counts_the_same_in_the_mean_of_classes():
    mask = ALL.copy()
    mask[6:10] = False  # of class 1 the one that is recognised is left
    assert rate("recognition rate", mask=mask).value == pytest.approx(6 / 16)
    assert rate("recognition rate, mean of classes", mask=mask).value == pytest.approx(0.5)


def test_a_mean_of_shares_has_no_interval_beyond_one():
    row = rate("recognition rate, mean of classes", mask=LABELS == 2)
    assert row.value == 1
    assert row.interval[0] < row.interval[1] == 1


def test_one_class_or_none_is_no_error():
    one = rate("recognition rate, deviation of classes", mask=LABELS == 1)
    assert (one.value, one.interval) == (0, None)
    assert "one class" in one.warning
    (nothing,) = recognition(RECORDS, "judge", "m", "kept", ~ALL, 4)
    assert (nothing.value, nothing.warning) == (None, "no images")


def test_a_clip_score_has_a_mean_a_deviation_and_a_mean_of_each_class():
    results = {(r.name, r.class_key): r for r in clip_scores(RECORDS, "fit", "m", "all", ALL)}
    assert results["CLIP score", None].value == pytest.approx(27)
    spread = results["CLIP score, deviation of images", None]
    assert spread.value == pytest.approx(np.std(np.arange(15), ddof=1))
    assert spread.interval[0] < spread.value < spread.interval[1]
    assert results["CLIP score", "key-1"].value == pytest.approx(27)
    assert ("CLIP score", "key-3") not in results
    assert results["CLIP score", None].n == 15


def test_figures_of_classes_say_that_some_have_no_image():
    results = recognition(RECORDS, "judge", "m", "kept", LABELS < 3, 5)
    assert {r.name for r in results if r.over == " over 3 of 5 classes"} == {
        "recognition rate, mean of classes",
        "recognition rate, deviation of classes",
        "classes with none recognised",
        "classes with all recognised",
    }
    assert not any(r.over for r in recognition(RECORDS, "judge", "m", "all", ALL, 4))
