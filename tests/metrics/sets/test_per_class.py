import numpy as np
import pytest

from synthset.errors import UsageError
from synthset.metrics.sets.kid import kid_full
from synthset.metrics.sets.per_class import per_class


def test_each_class_is_compared_with_its_own_in_any_order(cloud):
    real, generated = cloud(60, 4), cloud(90, 4, seed=1)
    rng = np.random.default_rng(0)
    real_labels, generated_labels = rng.integers(0, 4, 60), rng.integers(2, 6, 90)
    found = per_class(kid_full, real, real_labels, generated, generated_labels)
    assert list(found) == [2, 3]
    assert found[3] == kid_full(real[real_labels == 3], generated[generated_labels == 3])


def test_a_class_with_too_few_images_is_not_in_it(cloud):
    labels = np.array([1, 1, 1, 2, 2, 2, 2])
    counted = per_class(lambda a, b: (len(a), len(b)), cloud(7, 4), labels, cloud(7, 4), labels, 4)
    assert counted == {2: (4, 4)}


def test_labels_must_fit_their_side(cloud):
    with pytest.raises(UsageError, match="generated_labels: found int64 of shape"):
        per_class(kid_full, cloud(7, 4), np.zeros(7, int), cloud(5, 4), np.zeros(7, int))
    with pytest.raises(UsageError, match="real_labels"):
        per_class(kid_full, cloud(7, 4), np.zeros(5, int), cloud(5, 4), np.zeros(5, int))
