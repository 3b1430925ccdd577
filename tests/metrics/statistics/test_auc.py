"""Areas under ROC curves, beside scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from synthset.errors import UsageError
from synthset.metrics.statistics.auc import auc, auc_interval


@pytest.mark.parametrize("decimals", [1, 6])
def test_it_equals_scikit_learns_with_ties_and_without(decimals):
    draw = np.random.default_rng(0)
    positive = draw.random(500) < 0.3
    scores = np.round(draw.normal(size=500) + positive, decimals)
    assert auc(scores, positive) == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


def test_scores_that_say_nothing_give_a_half_and_reversed_ones_the_rest():
    positive = np.arange(40) < 15
    scores = np.random.default_rng(0).normal(size=40)
    assert auc(np.zeros(40), positive) == 0.5
    assert auc(-scores, positive) == pytest.approx(1 - auc(scores, positive))


def test_one_side_alone_is_refused():
    with pytest.raises(UsageError, match="found 3 of 3"):
        auc(np.arange(3.0), np.ones(3, dtype=bool))


def test_the_interval_holds_the_true_area_as_often_as_it_says():
    draw, inside = np.random.default_rng(0), 0
    positive = np.arange(100) < 50
    for _ in range(400):
        value = auc(draw.normal(size=100) + positive, positive)
        interval = auc_interval(value, 50, 50)
        inside += interval.low <= 0.7602 <= interval.high  # of normals one deviation apart
    assert 0.92 <= inside / 400 <= 0.98


def test_a_perfect_area_is_not_sure_and_its_interval_ends_at_one():
    few, many = auc_interval(1.0, 10, 10), auc_interval(1.0, 1000, 1000)
    assert few.high == many.high == 1
    assert few.low < 0.9 < many.low < 1
    assert auc_interval(0.0, 10, 10).high == pytest.approx(1 - few.low)
