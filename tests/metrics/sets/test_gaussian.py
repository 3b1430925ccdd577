import numpy as np
import pytest

from synthset.errors import UsageError
from synthset.metrics.sets.gaussian import GaussianAccumulator, gaussian


def test_a_small_set_has_numpys_mean_and_covariance_exactly(cloud):
    features = cloud(300, 40)
    found = gaussian(features)
    exact = features.astype(np.float64)
    np.testing.assert_allclose(found.mean, exact.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(found.cov, np.cov(exact, rowvar=False), rtol=0, atol=1e-15)
    assert found.n == 300


def test_float32_products_cost_less_than_a_millionth_of_the_covariance(cloud):
    features = cloud(9000, 24) + np.float32(30)  # far from the origin, where float32 is coarse
    exact = np.cov(features.astype(np.float64), rowvar=False)
    error = np.abs(gaussian(features).cov - exact).max() / np.abs(exact).max()
    assert np.array_equal(gaussian(features).cov, gaussian(features).cov.T)
    assert 1e-9 < error < 1e-6  # less would mean that float32 was not used at all


def test_where_the_stream_is_cut_changes_not_a_bit(cloud):
    features = cloud(5000, 12)
    one, many = GaussianAccumulator(), GaussianAccumulator()
    one.add(features)
    for block in np.split(features, [1, 1, 700, 2048, 4100]):
        many.add(block)
    assert np.array_equal(one.gaussian().cov, many.gaussian().cov)
    assert np.array_equal(one.gaussian().mean, many.gaussian().mean)


@pytest.mark.parametrize("cut", [0, 10, 2048, 2500, 4500, 8990, 9000])
def test_two_workers_merge_into_one(cloud, cut):
    features = cloud(9000, 12).astype(np.float64) + np.linspace(7, 8, 9000)[:, None]  # a drift
    left, right = GaussianAccumulator(), GaussianAccumulator()
    left.add(features[:cut])
    right.add(features[cut:])
    left.merge(right)
    found, expected = left.gaussian(), gaussian(features)
    assert found.n == 9000
    np.testing.assert_allclose(found.cov, expected.cov, rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-13)


@pytest.mark.parametrize("count", [0, 3000])
def test_merging_leaves_the_other_as_it_was(cloud, count):
    left, right = GaussianAccumulator(), GaussianAccumulator()
    left.add(cloud(count, 6, seed=1))
    right.add(cloud(3000, 6, seed=2))
    before = gaussian(cloud(3000, 6, seed=2))
    left.merge(right)
    left.add(cloud(3000, 6, seed=3))
    assert right.n == 3000
    np.testing.assert_allclose(right.gaussian().cov, before.cov, rtol=0, atol=1e-6)


def test_more_may_be_added_after_a_look(cloud):
    features = cloud(5000, 6)
    accumulator = GaussianAccumulator()
    for block in np.split(features, [200, 2200]):
        accumulator.add(block)
        accumulator.gaussian()
    assert np.array_equal(accumulator.gaussian().cov, gaussian(features).cov)


def test_a_constant_feature_has_no_variance_at_all(cloud):
    features = cloud(9000, 8)
    features[:, 3] = 0.1
    assert gaussian(features).cov[3, 3] == 0
    assert gaussian(features).cov[2, 2] > 0


def test_one_image_has_no_covariance():
    with pytest.raises(UsageError, match=r"found 1 images; .* needs 2 or more"):
        gaussian(np.ones((1, 4), dtype=np.float32))
    with pytest.raises(UsageError, match="found 0 images"):
        GaussianAccumulator().gaussian()


def test_widths_do_not_mix(cloud):
    left, right = GaussianAccumulator(), GaussianAccumulator()
    left.add(cloud(10, 4))
    right.add(cloud(10, 5))
    with pytest.raises(UsageError, match="block of 5 features after 4"):
        left.add(cloud(10, 5))
    with pytest.raises(UsageError, match="merge 5 features into 4"):
        left.merge(right)
