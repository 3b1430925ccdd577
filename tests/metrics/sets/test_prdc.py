import numpy as np
import pytest
import torch
from prdc import compute_prdc
from torch_fidelity.metric_prc import calculate_precision_recall_full

from synthset.errors import UsageError
from synthset.metrics import distances
from synthset.metrics.sets.prdc import find_neighbourhoods, prdc, summarise


@pytest.mark.parametrize("block", [2048, 100], ids=["one block", "many blocks"])
@pytest.mark.parametrize("k", [1, 5])
def test_all_four_equal_the_prdc_package(cloud, monkeypatch, block, k):
    monkeypatch.setattr(distances, "BLOCK", block)
    real, generated = cloud(700, 32), cloud(430, 32, seed=1, shift=0.05)
    theirs = compute_prdc(real, generated, k)
    ours = prdc(real, generated, k)
    assert ours.precision == pytest.approx(theirs["precision"], abs=1e-12)
    assert ours.recall == pytest.approx(theirs["recall"], abs=1e-12)
    assert ours.density == pytest.approx(theirs["density"], abs=1e-12)
    assert ours.coverage == pytest.approx(theirs["coverage"], abs=1e-12)
    assert 0 < ours.recall < 1
    assert 0 < ours.coverage < 1


def test_precision_and_recall_equal_torch_fidelity(cloud):
    real, generated = cloud(700, 32), cloud(430, 32, seed=1, shift=0.05)
    precision, recall = calculate_precision_recall_full(
        torch.from_numpy(generated), torch.from_numpy(real), neighborhood=3
    )
    ours = prdc(real, generated, k=3)
    assert (ours.precision, ours.recall) == pytest.approx((precision, recall), abs=1e-6)


def test_a_collapsed_cloud_is_precise_and_recalls_nothing(cloud):
    real = cloud(600, 16)
    collapsed = real[:1] + 1e-3 * cloud(600, 16, seed=1)
    found = prdc(real, collapsed)
    assert found.precision == 1
    assert found.recall < 0.05
    assert found.coverage < 0.1


def test_a_scattered_cloud_recalls_without_precision(cloud):
    found = prdc(cloud(600, 16, spread=0.3), cloud(600, 16, seed=1, spread=3.0))
    assert found.recall > 0.9
    assert found.precision < 0.3


def test_one_distribution_scores_about_one(cloud):
    found = prdc(cloud(1500, 4), cloud(1500, 4, seed=1))
    assert found.density == pytest.approx(1, abs=0.1)
    assert found.coverage == pytest.approx(1 - 2**-5, abs=0.02)
    assert found.precision > 0.9


def test_far_apart_nothing_is_shared(cloud):
    found = prdc(cloud(100, 8), cloud(100, 8, seed=1) + 100)
    assert (found.precision, found.recall, found.density, found.coverage) == (0, 0, 0, 0)


def test_features_far_from_the_origin_keep_their_digits(cloud):
    real, generated = cloud(500, 16), cloud(500, 16, seed=1, shift=0.05)
    moved = prdc(real + 1000, generated + 1000)  # (float32 itself rounds at 1,000 to 6e-5)
    assert vars(moved) == pytest.approx(vars(prdc(real, generated)), abs=0.01)


def test_constant_features_have_no_neighbourhoods():
    constant = np.full((20, 4), 0.3, np.float32)
    found = prdc(constant, constant)
    assert (found.precision, found.recall, found.density, found.coverage) == (0, 0, 0, 0)


@pytest.mark.parametrize("block", [2048, 64])
def test_each_image_has_its_part_in_the_figures(cloud, monkeypatch, block):
    monkeypatch.setattr(distances, "BLOCK", block)
    real, generated = cloud(300, 8).astype(np.float64), cloud(200, 8, seed=1).astype(np.float64)
    generated[-1] += 100  # covers nothing, and is counted with 0
    found = find_neighbourhoods(real, generated)
    apart = np.linalg.norm(real[:, None] - generated[None], axis=2)  # (300, 200)
    np.testing.assert_array_equal(found.nearest_generated, apart.argmin(axis=1))
    np.testing.assert_array_equal(found.nearest_real, apart.argmin(axis=0))
    np.testing.assert_allclose(found.nearest_real_distance, apart.min(axis=0), rtol=1e-9)
    inside = apart < found.real_radius[:, None]
    np.testing.assert_array_equal(found.balls_around, inside.sum(axis=0))
    figures = summarise(found, 5)
    assert found.covers.sum() == pytest.approx(300 * figures.coverage)
    assert len(found.covers) == 200
    assert (found.covers[found.balls_around == 0] == 0).all()


def test_k_must_fit_the_smaller_set(cloud):
    with pytest.raises(UsageError, match="k: found 5; with 5 images"):
        prdc(cloud(100, 4), cloud(5, 4))


def test_no_block_of_distances_is_larger_than_asked_for(cloud, monkeypatch):
    seen = []
    real_one = distances.squared_distances

    def spy(*args, **settings):
        seen.append(real_one(*args, **settings))
        return seen[-1]

    monkeypatch.setattr(distances, "squared_distances", spy)
    monkeypatch.setattr(distances, "BLOCK", 100)
    prdc(cloud(450, 8), cloud(430, 8, seed=1))
    assert max(max(block.shape) for block in seen) == 100
