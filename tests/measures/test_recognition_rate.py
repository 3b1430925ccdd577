"""Recognition summed up: in all, by class, and over the classes."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from synthset.measures.part import Part
from synthset.measures.recognition_rate import measure
from synthset.recipe.metrics import RecognitionRate
from synthset.recipe.recipe import load_recipe

# Five images of each of four classes: none, two, all recognised, and one whose images failed.
RANKS = [6, 6, 2, 3, 9, 1, 1, 2, 7, 5, 1, 1, 1, 1, 1, None, None, None, None, None]
LABELS = np.repeat(np.arange(4), 5)
RECORDS = pa.table(
    {
        "label": pa.array(LABELS, pa.int32()),
        "class_key": [f"key-{label}" for label in LABELS],
        "judge_rank": pa.array(RANKS, pa.int32()),
    }
)
ALL = np.ones(20, dtype=bool)


RECIPE = load_recipe(
    {
        "name": "judged",
        "classes": ["a", "b", "c", "d"],
        "source": {"kind": "shapes"},
        "images_per_class": 5,
        "encoders": {"classifier": {"kind": "classifier"}},
        "scores": [{"kind": "recognition", "name": "judge"}],
    }
)


def recognition(mask, part="kept", classes=4):
    dataset = SimpleNamespace(classes=lambda: [None] * classes)
    reader = SimpleNamespace(records=RECORDS, recipe=RECIPE, dataset=dataset)
    metric = RecognitionRate(kind="recognition_rate", score="judge")
    return measure(metric, Part(part, mask, reader))


def rate(name, key=None, mask=ALL):
    results = recognition(mask)
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
    assert row.interval.low < row.value < row.interval.high
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
    assert row.interval.low < row.interval.high == 1


def test_one_class_or_none_is_no_error():
    one = rate("recognition rate, deviation of classes", mask=LABELS == 1)
    assert (one.value, one.interval) == (0, None)
    assert "one class" in one.warning
    (nothing,) = recognition(~ALL)
    assert (nothing.value, nothing.warning) == (None, "no images")


def test_figures_of_classes_say_that_some_have_no_image():
    results = recognition(LABELS < 3, classes=5)
    assert {r.name for r in results if r.over == " over 3 of 5 classes"} == {
        "recognition rate, mean of classes",
        "recognition rate, deviation of classes",
        "classes with none recognised",
        "classes with all recognised",
    }
    assert not any(r.over for r in recognition(ALL))


def test_an_image_that_failed_counts_as_not_recognised_in_all():
    assert recognition(LABELS < 3, "all")[0].n == 20
    assert recognition(LABELS < 3, "kept")[0].n == 15
