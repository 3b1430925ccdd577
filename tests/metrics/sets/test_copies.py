"""How near images come to real ones: the right one, the right cosine, and shares with intervals."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from synthset.errors import UsageError
from synthset.metrics.sets.copies import find_most_alike, find_most_alike_within, share_above


def features(count, seed):
    return np.random.default_rng(seed).normal(1, 1, (count, 12)).astype(np.float32)


def test_the_most_alike_is_that_of_highest_cosine_however_long_its_features_are():
    real, made = features(70, 0), features(50, 1)
    cosine = 1 - cdist(made.astype(np.float64), real.astype(np.float64), "cosine")
    found = find_most_alike(real * np.linspace(0.1, 9, 70, dtype=np.float32)[:, None], made)
    assert (found.index == cosine.argmax(axis=1)).all()
    assert found.cosine == pytest.approx(cosine.max(axis=1), abs=1e-6)


def test_a_copy_has_cosine_one():
    real = features(30, 0)
    found = find_most_alike(real, real[[4, 9]])
    assert found.index.tolist() == [4, 9]
    assert found.cosine == pytest.approx([1, 1], abs=1e-6)


def test_within_a_set_an_image_is_not_its_own_copy():
    real = features(60, 0)
    cosine = 1 - cdist(real.astype(np.float64), real.astype(np.float64), "cosine")
    np.fill_diagonal(cosine, -1)
    assert find_most_alike_within(real) == pytest.approx(cosine.max(axis=1), abs=1e-6)
    assert find_most_alike_within(real).max() < 0.999


def test_the_threshold_itself_counts():
    found = share_above(np.array([0.5, 0.9, 0.95, 1.0]), 0.9)
    assert found.value == 0.75
    assert found.low < 0.75 < found.high


def test_nothing_has_no_share():
    with pytest.raises(UsageError, match="found no images"):
        share_above(np.zeros(0), 0.9)
    with pytest.raises(UsageError, match="2 or more"):
        find_most_alike_within(features(1, 0))
