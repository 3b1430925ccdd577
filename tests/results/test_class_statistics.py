"""Statistics by class: worlds with answers known by hand, and scipy beside them."""

import numpy as np
import pytest
from scipy import stats

from synthset.errors import UsageError
from synthset.results.class_statistics import (
    ClassFigures,
    class_statistics,
    confusion_skewness,
    coverage,
    find_top_confusions,
    head_share,
    judge_confusion,
    judge_trial,
    long_tail,
    pearson,
)
from synthset.results.trial import Trial


def figures(counts, accuracy=None, precision=None, skewness=None):
    counts = np.array(counts, np.float64)
    accuracy = np.linspace(0.2, 0.9, len(counts)) if accuracy is None else np.array(accuracy)
    precision = accuracy if precision is None else np.array(precision)
    skewness = np.zeros(len(counts)) if skewness is None else np.array(skewness)
    return ClassFigures(counts, accuracy, precision, accuracy, skewness)


def test_a_thousand_equal_classes_have_a_head_of_5_percent_and_no_tail():
    found = class_statistics(figures([1300] * 1000), draws=0)
    assert (found.images, found.classes, found.coverage, found.lt_500) == (1_300_000, 1000, 1000, 0)
    assert found.ls_5pct == pytest.approx(0.05)


def test_a_class_without_images_is_uncovered_and_belongs_to_the_tail():
    counts = np.array([0, 499, 500, 1300.0])
    assert coverage(counts) == 3
    assert long_tail(counts) == 2


@pytest.mark.parametrize(
    ("counts", "share"),
    [([95] + [5] * 19, 0.5), ([40, 40] + [1] * 20, 0.8), ([10] * 21, 2 / 21), ([7, 0, 0], 1)],
    ids=["one of 20", "two of 22, rounded up", "two of 21, rounded up", "one of three"],
)
def test_the_head_is_the_largest_classes_rounded_up(counts, share):
    assert head_share(np.array(counts, np.float64)) == pytest.approx(share)


def test_a_set_without_images_has_no_head():
    assert np.isnan(head_share(np.zeros(4)))


def test_skewness_is_scipys_population_skewness():
    scores = np.random.default_rng(0).random((50, 5))
    np.testing.assert_allclose(confusion_skewness(scores), stats.skew(scores, axis=1), rtol=1e-9)


def test_scores_that_are_left_out_do_not_count():
    ragged = np.array([[0.3, 0.1, 0.02, np.nan, np.nan], [np.nan] * 5])
    expected = [stats.skew([0.3, 0.1, 0.02]), 0]
    np.testing.assert_allclose(confusion_skewness(ragged), expected, rtol=1e-9)


def test_equal_scores_have_no_skewness_though_they_differ_by_rounding():
    equal = np.array([[0.14, 0.1399999999999999, 0.14, 0.14, 0.14]])
    assert confusion_skewness(equal).tolist() == [0]


def test_the_largest_confusions_leave_the_diagonal_out():
    confusion = np.array([[9, 1, 2], [3, 0, 4], [5, 6, 7.0]])
    assert find_top_confusions(confusion).tolist() == [[2, 1], [4, 3], [6, 5]]
    assert find_top_confusions(confusion, 1).tolist() == [[2], [4], [6]]


def test_correlation_is_numpys_and_a_constant_has_none():
    one, other = np.random.default_rng(1).random((2, 30))
    assert pearson(one, other) == pytest.approx(np.corrcoef(one, other)[0, 1])
    assert pearson(one, 3 - 2 * one) == pytest.approx(-1)
    assert np.isnan(pearson(one, np.full(30, 0.3)))
    assert np.isnan(pearson(one[:2], other[:2]))
    holed = np.where(np.arange(30) < 10, np.nan, other)
    assert pearson(one, holed) == pytest.approx(np.corrcoef(one[10:], other[10:])[0, 1])


def test_a_confusion_matrix_gives_what_a_hand_computes():
    confusion = np.array([[8, 2, 0], [0, 5, 5], [0, 0, 0.0]])
    found = judge_confusion(confusion, np.array([10, 0, 3]))
    np.testing.assert_allclose(found.accuracy, [0.8, 0.5, np.nan])
    np.testing.assert_allclose(found.precision, [1, 5 / 7, np.nan])
    assert found.counts.tolist() == [10, 0, 3]


def test_published_precision_gives_each_class_the_same_number_of_test_images():
    confusion = np.array([[50, 50], [0, 10.0]])
    counts = np.array([1, 1])
    assert judge_confusion(confusion, counts).precision[1] == pytest.approx(10 / 60)
    published = judge_confusion(confusion, counts, published=True)
    assert published.precision[1] == pytest.approx(1 / 1.5)


def test_one_confusion_alone_is_the_most_skewed_but_by_the_published_convention():
    confusion = np.eye(6) * 9
    confusion[0, 1] = 1
    assert judge_confusion(confusion, np.ones(6)).skewness[0] == pytest.approx(1.5)
    assert judge_confusion(confusion, np.ones(6), published=True).skewness[0] == 0


def test_balanced_accuracy_is_the_mean_recall_or_as_published():
    known = figures([1, 2, 3], accuracy=[0.5, 0.5, 0.8], precision=[0.9, 0.7, 0.4])
    corrected = class_statistics(known, draws=0).figures["balanced_accuracy"]
    published = class_statistics(known, draws=0, published=True).figures["balanced_accuracy"]
    assert corrected.value == pytest.approx(0.6)
    assert published.value == pytest.approx((0.7 + 0.6 + 0.6) / 3)


def test_correlations_are_of_the_columns_that_they_name():
    rng = np.random.default_rng(2)
    counts, precision, recall, skewness, other = rng.random((5, 40))
    known = ClassFigures(counts, recall, precision, recall, skewness)
    baseline = ClassFigures(other, skewness, precision, recall, skewness)
    found = class_statistics(known, baseline, draws=0).figures
    for name, pair in {
        "precision_count": (precision, counts),
        "accuracy_skewness": (recall, skewness),
        "precision_recall": (precision, recall),
        "count_baseline_count": (counts, other),
        "accuracy_baseline_accuracy": (recall, skewness),
    }.items():
        assert found[name].value == pytest.approx(np.corrcoef(*pair)[0, 1]), name


def test_the_interval_of_a_mean_is_as_wide_as_theory_says():
    accuracy = np.random.default_rng(3).random(400)
    found = class_statistics(figures([9] * 400, accuracy)).figures["accuracy"]
    half = 1.96 * accuracy.std() / 20
    assert found.value - found.interval.low == pytest.approx(half, rel=0.12)
    assert found.interval.high - found.value == pytest.approx(half, rel=0.12)


def test_the_interval_of_a_correlation_stays_within_its_bounds_and_is_the_same_again():
    known = figures(np.arange(12.0) + 1)
    one, again = (class_statistics(known).figures["precision_count"] for _ in range(2))
    assert one.value == pytest.approx(1)
    assert one.interval.high <= 1
    assert one == again


def test_what_does_not_exist_is_none_and_two_classes_have_no_interval():
    equal = class_statistics(figures([5, 5, 5])).figures["precision_count"]
    assert (equal.value, equal.interval) == (None, None)
    two = class_statistics(figures([5, 6])).figures["accuracy"]
    assert two.value == pytest.approx(0.55)
    assert two.interval is None


def test_a_trial_counts_the_images_of_all_origins():
    labels, said = np.array([0, 0, 1]), np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0, 0.6, 0.4]])
    trial = Trial("a", 0, labels, said, {"real": np.array([1, 2, 0])}, {"sd": np.array([0, 5, 0])})
    found = judge_trial(trial)
    assert found.counts.tolist() == [1, 7, 0]
    np.testing.assert_allclose(found.recall, [0.5, 1, np.nan])
    summed = class_statistics(found, draws=0)
    assert (summed.coverage, summed.figures["accuracy"].value) == (2, pytest.approx(0.75))


def test_a_baseline_has_the_same_classes():
    with pytest.raises(UsageError, match="baseline: found 2 classes instead of 3"):
        class_statistics(figures([1, 2, 3]), figures([1, 2]))
    with pytest.raises(UsageError, match=r"\(K, K\)"):
        judge_confusion(np.ones((2, 3)), np.ones(2))


def test_means_over_the_tested_classes_say_so():
    shares = np.zeros((3, 3), np.float32)
    shares[:, 0] = 1
    counts = {"real": np.array([5, 5, 5])}
    some = judge_trial(Trial("a", 0, np.array([0, 0, 1]), shares, counts))
    found = class_statistics(some, draws=0)
    assert (found.tested, found.over) == (2, " over 2 of 3 classes")
    every = judge_trial(Trial("a", 0, np.arange(3), shares, counts))
    assert class_statistics(every, draws=0).over == ""
