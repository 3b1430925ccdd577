import numpy as np

from synthset.results.measure_trials import draw_weights


def test_images_are_drawn_within_their_class():
    labels = np.array([0, 0, 0, 1, 1])
    weights = draw_weights(labels, 50, seed=0)
    assert (weights[0] == 1).all()
    assert (weights[:, labels == 0].sum(axis=1) == 3).all()
    assert len(np.unique(weights[1:], axis=0)) > 10
