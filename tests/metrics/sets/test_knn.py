import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from synthset.errors import UsageError
from synthset.metrics.images.clip_iqa import clip_iqa
from synthset.metrics.sets.knn import weighted_knn


def cloud(count, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, count)
    return rng.normal(size=(count, 5)) + 1.2 * np.eye(4, 5)[labels], labels


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("k", [1, 7, 40])
def test_votes_are_those_of_scikit_learn_with_the_same_weights(k):
    (bank, labels), (asked, _) = cloud(120, 0), cloud(700, 1)
    # Of unit rows the squared distance is 2 - 2 x cosine.
    reference = KNeighborsClassifier(k, weights=lambda d: np.exp((1 - d**2 / 2) / 0.07))
    said = reference.fit(unit(bank), labels).predict(unit(asked))
    np.testing.assert_array_equal(weighted_knn(bank, labels, asked, [k], 0.07)[k], said)


def test_a_near_image_outvotes_two_far_ones_unless_all_weigh_the_same():
    bank, labels = np.array([[1.0, 0.1], [0, 1], [0.1, 1]]), np.array([3, 7, 7])
    asked = np.array([[1.0, 0.0]])
    assert weighted_knn(bank, labels, asked, [3], 0.07)[3].tolist() == [3]
    assert weighted_knn(bank, labels, asked, [3], 1e3)[3].tolist() == [7]


def test_more_neighbours_than_the_bank_has_are_all_of_it():
    (bank, labels), (asked, _) = cloud(30, 2), cloud(20, 3)
    found = weighted_knn(bank, labels, asked, [30, 1000], 0.07)
    np.testing.assert_array_equal(found[30], found[1000])


def test_labels_that_do_not_fit_are_refused():
    with pytest.raises(UsageError, match=r"labels of shape \(2,\) for 3 images"):
        weighted_knn(np.ones((3, 2)), np.zeros(2, int), np.ones((1, 2)), [1], 0.07)


def test_clip_iqa_is_a_softmax_over_both_texts():
    texts = np.array([[1.0, 0], [0, 1]])
    images = np.array([[2.0, 0], [1, 1], [0.6, 0.8]])
    expected = [1 / (1 + np.exp(-100)), 0.5, np.exp(60) / (np.exp(60) + np.exp(80))]
    np.testing.assert_allclose(clip_iqa(images, texts), expected)


def test_clip_iqa_wants_a_pair():
    with pytest.raises(UsageError, match="found 3; give a pair"):
        clip_iqa(np.ones((2, 2)), np.ones((3, 2)))
