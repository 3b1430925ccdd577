import numpy as np
import pytest
from scipy.stats import binomtest

from synthset.errors import UsageError
from synthset.metrics.sets.fid import frechet_distance_from_features
from synthset.metrics.sets.vendi import vendi_score
from synthset.metrics.statistics.intervals import bootstrap, jackknife, mean_interval, wilson


@pytest.mark.parametrize(("successes", "count"), [(0, 10), (3, 10), (10, 10), (416, 1000)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilson_equals_scipy(successes, count, level):
    theirs = binomtest(successes, count).proportion_ci(level, method="wilson")
    ours = wilson(successes, count, level)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert ours.value == successes / count


def test_none_and_all_are_exact_ends():
    assert all(wilson(0, count).low == 0 for count in range(1, 200))
    assert all(wilson(count, count).high == 1 for count in range(1, 200))


def test_nothing_asked_is_nothing_known():
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)


def holds(interval, truth):
    return interval.low <= truth <= interval.high


def test_95_percent_intervals_hold_the_truth_about_that_often():
    sets = [np.random.default_rng(i).normal(1.0, 2.0, size=(60, 1)) for i in range(300)]
    of_mean = np.mean([holds(mean_interval(rows[:, 0]), 1.0) for rows in sets])
    drawn = np.mean([holds(bootstrap(np.mean, rows, draws=60), 1.0) for rows in sets])
    left_out = np.mean([holds(jackknife(np.mean, rows), 1.0) for rows in sets])
    for share in (of_mean, drawn, left_out):
        assert 0.90 <= share <= 0.98


def test_two_sets_are_resampled_each_on_its_own():
    real, generated = np.random.default_rng(0).normal(size=(2, 400, 1))

    def gap(a, b):
        return float(a.mean() - b.mean())

    found = bootstrap(gap, real, generated, draws=200)
    expected = 2 * 1.96 * np.sqrt((real.var() + generated.var()) / 400)
    assert found.high - found.low == pytest.approx(expected, rel=0.2)
    assert found.value == gap(real, generated)


def test_a_frechet_distance_lies_inside_its_own_interval(cloud):
    real, generated = cloud(400, 8), cloud(300, 8, seed=1, shift=0.2)
    found = bootstrap(frechet_distance_from_features, real, generated, draws=30)
    assert found.low < found.value < found.high
    fresh = [
        frechet_distance_from_features(
            cloud(400, 8, seed=2 * i), cloud(300, 8, seed=2 * i + 1, shift=0.2)
        )
        for i in range(60)
    ]
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(np.std(fresh), rel=0.4)


def test_the_seed_decides_and_the_jackknife_needs_none(cloud):
    features = cloud(100, 4)
    one, same = (bootstrap(vendi_score, features, draws=5, seed=3) for _ in range(2))
    assert one == same
    assert one != bootstrap(vendi_score, features, draws=5, seed=4)
    assert jackknife(vendi_score, features) == jackknife(vendi_score, features)


def test_senseless_requests_are_refused():
    with pytest.raises(UsageError, match="found 3 of 2"):
        wilson(3, 2)
    with pytest.raises(UsageError, match="level: found 95"):
        wilson(1, 2, level=95)
    with pytest.raises(UsageError, match="draws: found 1"):
        bootstrap(np.mean, np.ones((3, 1)), draws=1)
    with pytest.raises(UsageError, match="3 images allow 2 to 3"):
        jackknife(np.mean, np.ones((3, 1)), groups=4)
    with pytest.raises(UsageError, match="scores: found 1"):
        mean_interval(np.ones(1))
