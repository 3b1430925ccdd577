import numpy as np
import pytest

from synthset.errors import UsageError
from synthset.metrics.sets.fid import frechet_distance, frechet_distance_from_features
from synthset.metrics.sets.gaussian import gaussian
from synthset.metrics.sets.inception_score import inception_score
from synthset.metrics.sets.influence import (
    fd_influence,
    is_influence,
    jackknife_error,
)


def really_left_out(metric, rows):
    """What the metric says without each image, less what it says of all."""
    return np.array([metric(np.delete(rows, i, axis=0)) for i in range(len(rows))]) - metric(rows)


def pair(cloud, n_real, n_generated, width=12):
    real, generated = cloud(n_real, width), cloud(n_generated, width, seed=1, shift=0.1)
    return real.astype(np.float64), generated.astype(np.float64)


@pytest.mark.parametrize(
    ("n_real", "n_generated"),
    [(300, 150), (300, 13), (300, 12), (300, 8), (9, 40), (9, 6), (50, 3)],
)
def test_influence_is_that_of_really_leaving_each_image_out(cloud, n_real, n_generated):
    real, generated = pair(cloud, n_real, n_generated)
    found = fd_influence(gaussian(real), generated)
    expected = really_left_out(lambda rows: frechet_distance_from_features(real, rows), generated)
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9 * np.abs(expected).max())


def test_copies_among_the_images_do_not_disturb_influence(cloud):
    real, generated = pair(cloud, 300, 10)
    generated = np.repeat(generated, 3, axis=0)  # 30 images of 12 features, of rank 9
    found = fd_influence(gaussian(real), generated)
    expected = really_left_out(lambda rows: frechet_distance_from_features(real, rows), generated)
    # Copies make eigenvalues of rounding, and the yardstick sums their roots: 1e-8 of the traces.
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_dead_features_do_not_disturb_influence(cloud):
    real, generated = pair(cloud, 300, 60)
    dead = [np.hstack([rows, np.full((len(rows), 3), 0.3)]) for rows in (real, generated)]
    found = fd_influence(gaussian(dead[0]), dead[1])
    np.testing.assert_allclose(found, fd_influence(gaussian(real), generated), rtol=1e-6)


def test_an_outlier_drags_and_a_fitting_image_helps(cloud):
    real, generated = pair(cloud, 500, 100)
    generated[7] += 5
    influence = fd_influence(gaussian(real), generated)
    assert influence.argmin() == 7
    assert influence[7] < 0
    assert influence[7] < 5 * np.delete(influence, 7).min()


@pytest.mark.parametrize("count", [10, 120])  # fewer and more images than features
def test_the_standard_error_of_fid_is_the_spread_of_fresh_sets(cloud, count):
    reference = gaussian(cloud(5000, 12))
    sets = [cloud(count, 12, seed=i, shift=0.2).astype(np.float64) for i in range(1, 101)]
    spread = np.std([frechet_distance(reference, gaussian(rows)) for rows in sets])
    errors = [jackknife_error(fd_influence(reference, rows)) for rows in sets[:40]]
    assert 0.85 < np.mean(errors) / spread < 1.7


def test_is_influence_is_that_of_really_leaving_each_image_out():
    rows = np.random.default_rng(0).dirichlet(np.full(6, 0.3), 50)
    rows[3] = np.eye(6)[0]  # a certain image: 0 log 0 must be 0
    expected = really_left_out(
        lambda kept: -inception_score(np.log(np.maximum(kept, 1e-300)), splits=1).mean, rows
    )
    np.testing.assert_allclose(is_influence(rows), expected, rtol=1e-8, atol=1e-12)


def test_the_only_image_of_a_class_is_worth_most_to_the_inception_score():
    rows = np.eye(3)[[0] * 20 + [1] * 20 + [2]]
    influence = is_influence(rows)
    assert influence.argmax() == 40
    with pytest.raises(UsageError, match="found 1 image"):
        is_influence(rows[:1])


def test_what_is_no_probability_is_refused():
    with pytest.raises(UsageError, match="softmax"):
        is_influence(np.random.default_rng(0).normal(size=(20, 4)))
