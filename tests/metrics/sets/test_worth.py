import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from synthset.errors import UsageError
from synthset.metrics import distances
from synthset.metrics.sets.worth import find_nearest_real, typicality


@pytest.mark.parametrize("block", [2048, 50])
def test_the_nearest_real_image_is_scikit_learns(cloud, monkeypatch, block):
    monkeypatch.setattr(distances, "BLOCK", block)
    real, generated = cloud(300, 16), cloud(120, 16, seed=1)
    expected, index = NearestNeighbors(n_neighbors=1).fit(real).kneighbors(generated)
    found = find_nearest_real(real, generated)
    np.testing.assert_array_equal(found.index, index[:, 0])
    np.testing.assert_allclose(found.distance, expected[:, 0], rtol=1e-4)


def test_a_copy_is_at_distance_zero_also_in_float32(cloud):
    real = cloud(300, 200) + 50
    found = find_nearest_real(real, real)
    assert found.index.tolist() == list(range(300))
    assert (found.distance == 0).all()


@pytest.mark.parametrize("block", [2048, 200])
def test_held_out_real_images_are_evenly_typical(cloud, monkeypatch, block):
    monkeypatch.setattr(distances, "BLOCK", block)
    found = typicality(cloud(1000, 8), cloud(1000, 8, seed=1))
    for level in (0.05, 0.25, 0.5, 0.9):
        assert (found <= level).mean() == pytest.approx(level, abs=0.05)


def test_what_lies_outside_is_not_typical(cloud):
    real = cloud(500, 8)
    far, middle = real[:1] + 100, real.mean(axis=0, keepdims=True)
    assert typicality(real, far).item() == pytest.approx(1 / 501)
    assert typicality(real, middle).item() > 0.5


def test_k_must_fit_the_real_set(cloud):
    with pytest.raises(UsageError, match="k: found 9; with 9 real images, it must be 1 to 8"):
        typicality(cloud(9, 4), cloud(3, 4), k=9)
