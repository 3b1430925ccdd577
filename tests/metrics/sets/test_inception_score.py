import numpy as np
import pytest
import torch
from torch_fidelity.metric_isc import isc_features_to_metric

from synthset.metrics.sets.inception_score import inception_score


def draw_logits(count=3000, classes=20, sharpness=3.0):
    return (np.random.default_rng(0).normal(size=(count, classes)) * sharpness).astype(np.float32)


@pytest.mark.parametrize("seed", [None, 2020, 5])
def test_is_equals_torch_fidelity_with_and_without_its_shuffle(seed):
    logits = draw_logits(3001)
    theirs = isc_features_to_metric(torch.from_numpy(logits), 10, seed is not None, seed)
    ours = inception_score(logits, seed=seed)
    assert ours.mean == pytest.approx(theirs["inception_score_mean"], rel=1e-6)
    assert ours.std == pytest.approx(theirs["inception_score_std"], rel=1e-5)
    exact = inception_score(logits.astype(np.float64), seed=seed)
    assert exact.mean == pytest.approx(theirs["inception_score_mean"], rel=1e-12)


def test_clear_and_varied_images_score_the_number_of_classes():
    clear = np.eye(10, dtype=np.float32)[np.arange(1000) % 10]
    assert inception_score(1000 * clear, 1).mean == pytest.approx(10)  # no overflow, no log of 0


def test_one_class_or_no_idea_scores_one():
    same = np.tile(np.array([0.7, 0.2, 0.1], np.float32), (90, 1))
    assert inception_score(np.log(same), 3).mean == pytest.approx(1)
    assert inception_score(np.zeros((90, 3), np.float32), 3).mean == pytest.approx(1)


def test_sorted_images_without_a_shuffle_score_too_low():
    clear = np.repeat(np.eye(10, dtype=np.float32), 100, axis=0)
    unshuffled = inception_score(1000 * clear, seed=None).mean
    assert unshuffled == pytest.approx(1)
    assert inception_score(1000 * clear).mean > 9
