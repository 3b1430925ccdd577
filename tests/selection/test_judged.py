import numpy as np
import pytest

from synthset.selection.diverse import facility_location, order_facilities
from synthset.selection.judged import RANKED_BY, JudgedImages


def judged(first, features=None, labels=None):
    """Images of class 0 (if no labels say otherwise) with these probabilities of class 0."""
    said = np.array([[one, 0.9 - one, 0.1] for one in first], np.float32)
    count = len(first)
    points = np.zeros((count, 2)) if features is None else features
    of = np.zeros(count, np.int64) if labels is None else np.array(labels)
    return JudgedImages(of, said, np.array(points, np.float32))


NOTHING = judged([])


def test_recognition_takes_the_surest_and_hard_the_least_sure_of_the_right_ones():
    images = judged([0.5, 0.8, 0.2, 0.6])
    assert RANKED_BY["recognition"](images, NOTHING).tolist() == [1, 3, 0, 2]
    assert RANKED_BY["hard"](images, NOTHING).tolist() == [0, 3, 1]


def test_nearest_takes_those_beside_real_images_of_the_class():
    images = judged([0.5] * 3, [[1, 0], [1, 1], [0, 1]])
    real = judged([0.5] * 3, [[0, 2], [0.1, 1], [1, 0]], labels=[0, 0, 1])
    assert RANKED_BY["nearest"](images, real).tolist() == [2, 1, 0]
    assert RANKED_BY["nearest"](images, real.take(real.labels == 1)).tolist() == []


def test_diverse_takes_one_of_each_crowd_of_recognised_images_first():
    points = [[5, 0], [5.1, 0], [-5, 0.1], [-5, -0.1], [0, 9]]
    order = RANKED_BY["diverse"](judged([0.5, 0.5, 0.5, 0.5, 0.1], points), NOTHING)
    assert sorted(order.tolist()) == [0, 1, 2, 3]
    assert {row // 2 for row in order[:2].tolist()} == {0, 1}
    assert RANKED_BY["diverse"](judged([0.1]), NOTHING).tolist() == []


def test_influence_takes_the_images_whose_step_reduces_the_loss_on_validation_images():
    images = judged([0.4, 0.4, 0.8], [[1, 0], [-1, 0], [1, 0]])
    val = judged([0.4, 0.4], [[1, 0], [0, 1]], labels=[0, 1])
    assert RANKED_BY["influence"](images, val).tolist() == [0, 2, 1]


@pytest.mark.parametrize("count", [1, 3, 7])
def test_the_first_of_an_order_are_the_choice_of_as_many(count):
    features = np.random.default_rng(0).normal(size=(12, 3))
    order = order_facilities(features, 12)
    assert sorted(order[:count].tolist()) == facility_location(features, count).tolist()
