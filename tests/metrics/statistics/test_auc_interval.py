"""Intervals of areas under ROC curves."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from synthset.metrics.statistics.auc_interval import auc_interval


def test_the_interval_holds_the_true_area_as_often_as_it_says():
    draw, inside = np.random.default_rng(0), 0
    positive = np.arange(100) < 50
    for _ in range(400):
        value = roc_auc_score(positive, draw.normal(size=100) + positive)
        interval = auc_interval(value, 50, 50)
        inside += interval.low <= 0.7602 <= interval.high  # of normals one deviation apart
    assert 0.92 <= inside / 400 <= 0.98


def test_a_perfect_area_is_not_sure_and_its_interval_ends_at_one():
    few, many = auc_interval(1.0, 10, 10), auc_interval(1.0, 1000, 1000)
    assert few.high == many.high == 1
    assert few.low < 0.9 < many.low < 1
    assert auc_interval(0.0, 10, 10).high == pytest.approx(1 - few.low)
