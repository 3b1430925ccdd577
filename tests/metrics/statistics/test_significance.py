import numpy as np
import pytest
from scipy import stats

from synthset.errors import UsageError
from synthset.metrics.statistics.significance import (
    holm,
    mcnemar,
    normal_test,
    paired_t,
    t_interval,
)


def test_the_interval_over_runs_is_students():
    values = [0.71, 0.74, 0.70, 0.78]
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    found = t_interval(values)
    assert (found.low, found.high) == pytest.approx((low, high))
    with pytest.raises(UsageError, match="2 or more"):
        t_interval([0.7])


def test_the_paired_test_is_scipys():
    ours, others = [0.71, 0.74, 0.70, 0.78], [0.69, 0.70, 0.71, 0.73]
    expected = stats.ttest_rel(ours, others).pvalue
    assert paired_t(np.subtract(ours, others).tolist()) == pytest.approx(expected)


def test_differences_without_spread_have_no_test():
    assert paired_t([0.25, 0.25]) is None
    assert paired_t([0.0, 0.0]) == 1.0


def test_an_estimate_is_tested_by_its_standard_error():
    assert normal_test(-0.3, 0.2) == pytest.approx(2 * stats.norm.sf(1.5))
    assert (normal_test(0.3, 0.0), normal_test(0.0, 0.0)) == (None, 1.0)


def test_mcnemar_looks_only_at_images_that_one_alone_gets_right():
    right = np.array([True] * 50 + [True] * 8 + [False] * 2)
    other = np.array([True] * 50 + [False] * 8 + [True] * 2)
    assert mcnemar(right, other) == pytest.approx(stats.binomtest(8, 10).pvalue)
    assert mcnemar(right, right) == 1.0


def test_holm_multiplies_the_smallest_most_and_never_swaps_two():
    assert holm([0.04, 0.01, 0.045]) == pytest.approx([0.08, 0.03, 0.08])
    assert holm([None, 0.9, 0.8]) == [None, 1.0, 1.0]
