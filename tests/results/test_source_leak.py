import pytest

from synthset.metrics.statistics.intervals import Interval
from synthset.results.source_leak import SourceProbe


def test_the_mean_of_classes_is_surer_than_each_of_them():
    found = SourceProbe({0: Interval(0.8, 0.7, 0.9), 3: Interval(0.6, 0.5, 0.7)}, 1).mean
    assert found.value == pytest.approx(0.7)
    assert (found.low, found.high) == pytest.approx((0.7 - 0.1 / 2**0.5, 0.7 + 0.1 / 2**0.5))


def test_without_a_probed_class_there_is_no_mean():
    assert SourceProbe({}, 3).mean is None
