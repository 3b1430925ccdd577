import numpy as np
import pytest
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import normalize

from synthset.errors import UsageError
from synthset.metrics.sets.cmmd import cmmd


def test_cmmd_is_a_thousand_times_the_discrepancy_under_scikit_learns_kernel(cloud):
    real, generated = cloud(1300, 32).astype(np.float64), cloud(400, 32, seed=1, shift=0.2)
    a, b = normalize(real), normalize(generated.astype(np.float64))
    gamma = 1 / (2 * 10**2)
    expected = rbf_kernel(a, a, gamma).mean() + rbf_kernel(b, b, gamma).mean()
    expected = 1000 * (expected - 2 * rbf_kernel(a, b, gamma).mean())
    assert cmmd(real, generated).value == pytest.approx(expected, rel=1e-8)


def test_float32_keeps_its_digits(cloud):
    real, generated = cloud(1300, 32), cloud(400, 32, seed=1, shift=0.05)
    exact = cmmd(real.astype(np.float64), generated.astype(np.float64)).value
    assert cmmd(real, generated).value == pytest.approx(exact, rel=1e-4)


def test_a_set_is_at_no_distance_from_itself(cloud):
    assert abs(cmmd(cloud(500, 16), cloud(500, 16)).value) < 1e-6


def test_without_the_diagonal_it_is_right_on_average(cloud):
    def values(**options):
        pairs = [(cloud(30, 8, seed=2 * i), cloud(30, 8, seed=2 * i + 1)) for i in range(100)]
        return np.array([cmmd(*pair, **options).value for pair in pairs])

    unbiased, biased = values(with_diagonal=False), values()
    assert abs(unbiased.mean()) < 3 * unbiased.std() / np.sqrt(100)
    assert biased.mean() > 3 * biased.std() / np.sqrt(100)


def test_length_does_not_matter_but_a_zero_row_is_refused(cloud):
    real, generated = cloud(50, 8), cloud(50, 8, seed=1)
    assert cmmd(real, 3 * generated).value == pytest.approx(cmmd(real, generated).value, rel=1e-3)
    generated[7] = 0
    with pytest.raises(UsageError, match="generated: row 7 is all zero"):
        cmmd(real, generated)
