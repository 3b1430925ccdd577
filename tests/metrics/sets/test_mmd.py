import numpy as np
import pytest

from synthset.metrics.sets.kid import cubic_kernel
from synthset.metrics.sets.mmd import estimate_biased, estimate_unbiased, sum_kernels


def test_blocks_give_the_sums_of_the_whole_matrices(cloud):
    real, generated = cloud(2100, 4).astype(np.float64), cloud(1030, 4, seed=1).astype(np.float64)
    sums = sum_kernels(real, generated, cubic_kernel)
    within, across = cubic_kernel(real, real), cubic_kernel(real, generated)
    np.testing.assert_allclose(sums.real, within.sum(axis=1) - np.diag(within), rtol=1e-12)
    np.testing.assert_allclose(sums.real_diagonal, np.diag(within), rtol=1e-12)
    np.testing.assert_allclose(sums.real_to_generated, across.sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(sums.generated_to_real, across.sum(axis=0), rtol=1e-12)


@pytest.mark.parametrize("estimate", [estimate_unbiased, estimate_biased])
def test_the_error_is_that_of_really_leaving_images_out(cloud, estimate):
    real, generated = cloud(12, 4).astype(np.float64), cloud(9, 4, seed=1).astype(np.float64)

    def value(a, b):
        return estimate(sum_kernels(a, b, cubic_kernel)).value

    without_real = np.array([value(np.delete(real, i, 0), generated) for i in range(12)])
    without_generated = np.array([value(real, np.delete(generated, i, 0)) for i in range(9)])
    expected = np.sqrt(11 * without_real.var() + 8 * without_generated.var())
    found = estimate(sum_kernels(real, generated, cubic_kernel)).standard_error
    assert found == pytest.approx(expected, rel=1e-9)


def test_the_biased_estimate_of_equal_sets_is_zero_and_never_below(cloud):
    real, generated = cloud(50, 4), cloud(60, 4, seed=1)
    assert abs(estimate_biased(sum_kernels(real, real, cubic_kernel)).value) < 1e-6
    assert estimate_biased(sum_kernels(real, generated, cubic_kernel)).value > 0
