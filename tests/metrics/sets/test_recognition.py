import numpy as np
import pytest
import torch
from sklearn.metrics import top_k_accuracy_score
from torchmetrics.functional.classification import multiclass_accuracy

from synthset.errors import UsageError
from synthset.metrics.sets.recognition import recognise, recognition_rate


def draw(count=200, classes=8):
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.ones(classes), count), np.arange(count) % classes


def test_rates_are_scikit_learns_top_k_accuracies():
    probabilities, intended = draw()
    found = recognise(probabilities, intended)
    assert found.top1.mean() == top_k_accuracy_score(intended, probabilities, k=1)
    assert found.top5.mean() == top_k_accuracy_score(intended, probabilities, k=5)
    np.testing.assert_allclose(found.probability, probabilities[np.arange(200), intended])


def test_the_mean_per_class_is_torchmetrics_macro_accuracy():
    probabilities, intended = draw()
    theirs = multiclass_accuracy(torch.from_numpy(probabilities), torch.from_numpy(intended), 8)
    ours = recognition_rate(recognise(probabilities, intended).top1, intended)
    assert ours.mean_per_class == pytest.approx(float(theirs), abs=1e-6)


def test_a_coarser_recipe_counts_any_of_the_classifiers_classes():
    probabilities = np.array([[0.2, 0.3, 0.5], [0.1, 0.6, 0.3], [0.6, 0.3, 0.1]])
    found = recognise(probabilities, np.array([70, 70, 70]), {70: [1, 2]})
    assert found.top1.tolist() == [True, True, False]
    assert found.probability.tolist() == pytest.approx([0.8, 0.9, 0.4])


def test_a_class_that_the_classifier_does_not_know_is_not_judged():
    found = recognise(np.full((2, 4), 0.25), np.array([3, 9]), {3: [0]})
    assert found.known.tolist() == [True, False]
    assert found.top1.tolist() == [True, False]
    assert np.isnan(found.probability[1])


def test_the_top_five_are_five():
    probabilities = np.linspace(1, 2, 8)[None] / np.linspace(1, 2, 8).sum()
    intended_at = [recognise(probabilities, np.array([i])).top5[0] for i in range(8)]
    assert intended_at == [False] * 3 + [True] * 5


def test_classes_with_none_and_with_all_are_counted():
    intended = np.repeat([0, 1, 2, 3], 10)
    recognised = np.zeros(40, dtype=bool)
    recognised[:10] = True  # all of class 0
    recognised[10:14] = True  # four of class 1
    found = recognition_rate(recognised, intended)
    assert (found.share_all, found.share_none) == (0.25, 0.5)
    assert found.mean_per_class == pytest.approx(0.35)
    assert found.std_per_class == pytest.approx(np.std([1, 0.4, 0, 0]))
    assert found.per_class[1].value == pytest.approx(0.4)
    assert found.rate.low < 14 / 40 < found.rate.high


def test_classes_count_alike_however_many_images_they_have():
    intended = np.array([0] * 90 + [1] * 10)
    found = recognition_rate(intended == 0, intended)
    assert found.rate.value == pytest.approx(0.9)
    assert found.mean_per_class == pytest.approx(0.5)


def test_an_index_that_the_classifier_lacks_is_named():
    with pytest.raises(UsageError, match=r"class 12: maps to index 12; this classifier has 0 to 7"):
        recognise(draw()[0], np.full(200, 12))
    with pytest.raises(UsageError, match="class 1: maps to an index twice"):
        recognise(draw()[0], np.full(200, 1), {1: [2, 2]})
    with pytest.raises(UsageError, match="one True or False per image"):
        recognition_rate(np.ones(3), np.zeros(3, dtype=int))
