import cleanfid.fid
import numpy as np
import pytest
import torch
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torchmetrics.image.fid import _compute_fid

from synthset.errors import UsageError
from synthset.metrics.sets import fid
from synthset.metrics.sets.fid import (
    frechet_distance,
    frechet_distance_from_features,
    trace_sqrt_product,
)
from synthset.metrics.sets.gaussian import Gaussian, gaussian
from synthset.metrics.sets.pca import find_principal_axes


def torch_fidelity_fid(real, generated):
    statistics = [
        fid_features_to_statistics(torch.from_numpy(rows.astype(np.float64)))
        for rows in (real, generated)
    ]
    return fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]


@pytest.mark.filterwarnings("ignore:The `disp` argument:DeprecationWarning")  # in clean-fid
@pytest.mark.parametrize("n_generated", [300, 2000])
def test_fid_equals_torch_fidelity_clean_fid_and_torchmetrics(cloud, n_generated):
    real, generated = cloud(2000, 64), cloud(n_generated, 64, seed=1, shift=0.1)
    ours = frechet_distance(gaussian(real), gaussian(generated))
    a, b = (np.cov(rows.astype(np.float64), rowvar=False) for rows in (real, generated))
    means = [rows.mean(axis=0, dtype=np.float64) for rows in (real, generated)]
    theirs = cleanfid.fid.frechet_distance(means[0], a, means[1], b)
    tensors = [torch.from_numpy(array) for array in (means[0], a, means[1], b)]
    assert ours == pytest.approx(torch_fidelity_fid(real, generated), rel=1e-7)
    assert ours == pytest.approx(theirs, rel=1e-7)
    assert ours == pytest.approx(float(_compute_fid(*tensors)), rel=1e-7)


def test_in_float64_fid_agrees_to_the_ninth_digit(cloud):
    real = cloud(2000, 64).astype(np.float64)
    generated = cloud(2000, 64, seed=1, shift=0.1).astype(np.float64)
    ours = frechet_distance_from_features(real, generated)
    assert ours == pytest.approx(torch_fidelity_fid(real, generated), rel=1e-9)


def test_two_gaussians_in_one_dimension_have_the_textbook_distance():
    a = Gaussian(np.array([1.0]), np.array([[4.0]]), 100)
    b = Gaussian(np.array([3.0]), np.array([[9.0]]), 100)
    assert frechet_distance(a, b) == pytest.approx((1 - 3) ** 2 + (2 - 3) ** 2)


def test_it_does_not_matter_which_set_comes_first(cloud):
    a, b = gaussian(cloud(500, 32)), gaussian(cloud(20, 32, seed=1))
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-9)


@pytest.mark.parametrize("count", [20, 64, 65, 66, 500, 5000])
def test_a_set_is_at_no_distance_from_itself(cloud, count):
    features = cloud(count, 64)
    scale = np.trace(gaussian(features).cov)
    assert 0 <= frechet_distance(gaussian(features), gaussian(features)) < 1e-7 * scale
    assert 0 <= frechet_distance_from_features(features, features) < 1e-7 * scale


@pytest.mark.parametrize(("n_real", "n_generated"), [(20, 15), (200, 15), (15, 200), (64, 65)])
def test_fewer_images_than_features_give_the_exact_number(cloud, n_real, n_generated):
    real = cloud(n_real, 64).astype(np.float64)
    generated = cloud(n_generated, 64, seed=1).astype(np.float64)
    from_features = frechet_distance_from_features(real, generated)
    ours, theirs = ((rows - rows.mean(axis=0)) for rows in (real, generated))
    roots = np.linalg.svd(ours @ theirs.T, compute_uv=False)  # exact: no square root of a square
    shift = real.mean(axis=0) - generated.mean(axis=0)
    trace = np.trace(np.cov(real.T)) + np.trace(np.cov(generated.T))
    coupling = roots.sum() / np.sqrt((n_real - 1) * (n_generated - 1))
    expected = shift @ shift + trace - 2 * coupling
    assert from_features == pytest.approx(expected, rel=1e-8)
    from_gaussians = frechet_distance(gaussian(real), gaussian(generated))
    assert from_gaussians == pytest.approx(expected, rel=1e-9)  # needs the rank, not only a floor


def test_dead_features_change_nothing(cloud):
    real, generated = cloud(500, 16), cloud(500, 16, seed=1, shift=0.2)
    expected = frechet_distance(gaussian(real), gaussian(generated))
    dead = np.full((500, 5), 0.3, dtype=np.float32)
    wide = [gaussian(np.hstack([rows, dead])) for rows in (real, generated)]
    assert frechet_distance(*wide) == pytest.approx(expected, rel=1e-12)


def test_a_feature_that_is_dead_on_one_side_counts_with_its_variance(cloud):
    real, generated = cloud(500, 16), cloud(500, 16)
    generated[:, 4] = real[:, 4].mean()
    found = frechet_distance(gaussian(real), gaussian(generated))
    assert found >= gaussian(real).cov[4, 4] * 0.99
    assert found == pytest.approx(torch_fidelity_fid(real, generated), rel=1e-6)


def test_a_repeated_feature_makes_no_nan_and_no_noise(cloud):
    real, generated = (np.hstack([rows, rows]) for rows in (cloud(500, 16), cloud(500, 16, seed=1)))
    found = frechet_distance(gaussian(real), gaussian(generated))
    single = frechet_distance(gaussian(real[:, :16]), gaussian(generated[:, :16]))
    assert found == pytest.approx(2 * single, rel=1e-6)  # both halves together are sqrt(2) longer


def test_constant_sets_differ_by_their_means_alone():
    real, generated = np.zeros((50, 8), np.float32), np.full((60, 8), 0.5, np.float32)
    assert frechet_distance(gaussian(real), gaussian(generated)) == pytest.approx(8 * 0.25)
    assert frechet_distance_from_features(real, generated) == pytest.approx(8 * 0.25)
    assert frechet_distance_from_features(real[:3], generated[:4]) == pytest.approx(8 * 0.25)


def test_the_low_rank_route_is_taken_and_equals_the_long_one(cloud, monkeypatch):
    real, generated = cloud(400, 48), cloud(48, 48, seed=1)
    long = frechet_distance(gaussian(real), gaussian(generated))
    monkeypatch.setattr(fid, "gaussian", None)
    short = frechet_distance_from_features(real, generated)
    assert short == pytest.approx(long, rel=1e-7)


def over_axes(real, generated, components):
    axes = find_principal_axes(real, components)
    return frechet_distance(*(gaussian(axes.project(rows)) for rows in (real, generated)))


def test_principal_axes_bring_small_sets_near_their_truth(cloud):
    real, generated = cloud(4000, 128), cloud(100, 128, seed=1)  # one distribution: the truth is 0
    assert over_axes(real, generated, 8) < frechet_distance_from_features(real, generated)
    axes = find_principal_axes(real, 8)
    again = frechet_distance_from_features(axes.project(real), axes.project(generated))
    assert over_axes(real, generated, 8) == pytest.approx(again, rel=1e-9)


def test_all_axes_together_are_the_whole_distance(cloud):
    real, generated = cloud(300, 16), cloud(300, 16, seed=1)
    whole = frechet_distance_from_features(real, generated)
    assert over_axes(real, generated, 16) == pytest.approx(whole, rel=1e-7)


def test_the_coupling_of_a_set_with_itself_is_its_trace(cloud):
    found = gaussian(cloud(200, 16))
    assert trace_sqrt_product(found, found) == pytest.approx(np.trace(found.cov), rel=1e-9)


def test_encoders_do_not_mix(cloud):
    with pytest.raises(UsageError, match="cannot compare 4 features with 5"):
        frechet_distance(gaussian(cloud(9, 4)), gaussian(cloud(9, 5)))
    with pytest.raises(UsageError, match=r"real has 4 features .* generated has 5"):
        frechet_distance_from_features(cloud(9, 4), cloud(9, 5))
