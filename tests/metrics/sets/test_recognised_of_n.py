"""Images recognised of n: hand-made tables, and the published summary."""

import numpy as np
import pytest

from synthset.errors import UsageError
from synthset.metrics.sets.recognition import (
    correlate_within_classes,
    count_by_tenths,
    count_recognised,
)

# One of many tables of 861 classes that have the summary published in arXiv 2211.01777.
PUBLISHED = [232, 87, 65, 54, 49, 48, 47, 48, 52, 60, 119]


def test_a_table_of_four_classes_by_hand():
    found = count_recognised(np.array([0, 1, 4, 3]), np.array([4, 4, 4, 4]))
    assert (found.classes, found.images, found.recognised, found.each) == (4, 16, 8, 4)
    assert found.mean == 2
    assert found.deviation == pytest.approx(np.sqrt((4 + 1 + 4 + 1) / 4))
    assert found.histogram.tolist() == [1, 1, 0, 1, 1]
    assert (found.share_none, found.share_some, found.share_all) == (0.25, 0.75, 0.25)
    assert found.rate.value == 0.5
    assert found.rate.low == pytest.approx(0.2800, abs=1e-4)  # Wilson, 8 of 16


def test_the_published_summary_comes_out():
    counts = np.repeat(np.arange(11), PUBLISHED)
    found = count_recognised(counts, np.full(861, 10))
    assert found.mean == pytest.approx(4.16, abs=0.005)
    assert found.deviation == pytest.approx(3.74, abs=0.005)
    assert round(100 * found.share_some) == 73
    assert round(100 * found.share_all) == 14


def test_classes_of_different_size_are_summed_up_as_shares():
    found = count_recognised(np.array([1, 3]), np.array([2, 4]))
    assert found.each is None
    assert found.mean == pytest.approx(0.625)
    assert found.rate.value == pytest.approx(4 / 6)
    assert found.histogram.sum() == 2
    assert found.histogram[5] == 1
    assert found.histogram[8] == 1


def test_tenths_keep_none_and_all_apart():
    assert count_by_tenths(np.array([0, 1e-6, 0.1, 0.1001, 0.999, 1])).tolist() == [
        1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1,
    ]  # fmt: skip


def test_images_of_a_class_are_alike_where_a_class_has_all_or_none():
    alike, size = correlate_within_classes(np.array([0, 5, 5, 0]), np.full(4, 5))
    assert alike == pytest.approx(1)
    assert size == pytest.approx(5)


def test_images_of_a_class_are_not_alike_by_chance_alone():
    counts = np.random.default_rng(3).binomial(20, 0.4, 4000)
    alike, _ = correlate_within_classes(counts, np.full(4000, 20))
    assert abs(alike) < 0.01


def test_the_correlation_within_classes_of_a_beta_binomial_is_found():
    rng = np.random.default_rng(5)
    counts = rng.binomial(10, rng.beta(0.8, 1.2, 20_000))
    alike, _ = correlate_within_classes(counts, np.full(20_000, 10))
    assert alike == pytest.approx(1 / (0.8 + 1.2 + 1), abs=0.01)
    found = count_recognised(counts, np.full(20_000, 10))
    assert found.worth == pytest.approx(10 / (1 + 9 * alike))


def test_single_images_say_nothing_of_their_classes_alikeness():
    found = count_recognised(np.array([1, 0, 1]), np.ones(3, dtype=int))
    assert found.alike is None
    assert found.worth is None


@pytest.mark.parametrize(("recognised", "images"), [([], []), ([1], [0]), ([3], [2]), ([-1], [2])])
def test_impossible_tables_are_refused(recognised, images):
    with pytest.raises(UsageError):
        count_recognised(np.array(recognised, dtype=int), np.array(images, dtype=int))
