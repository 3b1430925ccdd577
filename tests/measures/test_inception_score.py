"""Inception scores of a part of the set and of its classes, with their intervals."""

from types import SimpleNamespace

import numpy as np
import pytest

from synthset.measures.inception_score import measure
from synthset.measures.part import EncodedImages
from synthset.metrics.sets.inception_score import inception_score
from synthset.recipe.metrics import InceptionScore

KEYS = {"cat": "c", "dog": "d"}


def logits(count, seed=0):
    return 3 * np.random.default_rng(seed).standard_normal((count, 4), dtype=np.float32)


def scored(rows, names=None, **settings):
    metric = InceptionScore(kind="inception_score", encoder="e", **settings)
    images = EncodedImages("all", rows, names or ["cat"] * len(rows), KEYS, "m")
    return measure(metric, SimpleNamespace(read_encoded=lambda encoder, column: images))


@pytest.mark.parametrize("splits", [1, 10])
def test_the_interval_holds_the_score_of_fresh_images_as_often_as_it_says(splits):
    truth = np.mean([inception_score(logits(400, seed), splits).mean for seed in range(100, 300)])
    held = 0
    for seed in range(100):
        (row,) = scored(logits(400, seed), splits=splits)
        held += row.interval.low <= truth <= row.interval.high
    assert 87 <= held <= 99


def test_a_class_that_the_classifier_takes_for_one_scores_one():
    clear, mixed = np.eye(4)[[0] * 20] * 30, np.eye(4)[[1, 2] * 10] * 30
    whole, cat, dog = scored(
        np.concatenate([clear, mixed]), ["cat"] * 20 + ["dog"] * 20, per_class=True
    )
    assert (whole.class_key, cat.class_key, dog.class_key) == (None, "c", "d")
    assert cat.value == pytest.approx(1)
    assert dog.value == pytest.approx(2)
    assert (whole.better, dog.better, dog.n) == ("higher", None, 20)


def test_a_single_image_and_few_of_them_are_said():
    (row,) = scored(logits(1))
    assert row.value is None
    assert row.warning == "fewer than two images"
    (row,) = scored(logits(6), splits=3)
    assert "cannot exceed 2" in row.warning
