import tracemalloc

import numpy as np
import pytest
import torch
from torch_fidelity.metric_kid import kid_features_to_metric
from torchmetrics.image.kid import poly_mmd

from synthset.errors import UsageError
from synthset.metrics.sets import kid as kid_module
from synthset.metrics.sets.kid import kid, kid_full


def torch_fidelity_kid(real, generated, subsets, size, seed):
    found = kid_features_to_metric(
        torch.from_numpy(generated),
        torch.from_numpy(real),
        kid_subsets=subsets,
        kid_subset_size=size,
        rng_seed=seed,
        verbose=False,
    )
    return found["kernel_inception_distance_mean"], found["kernel_inception_distance_std"]


@pytest.mark.parametrize(
    ("subsets", "size"), [(30, 300), (3, 50)], ids=["kernel of everything", "subset by subset"]
)
def test_kid_draws_torch_fidelitys_subsets_and_gets_its_number(cloud, subsets, size):
    real, generated = cloud(1500, 48), cloud(1200, 48, seed=1, shift=0.1)
    ours = kid(real, generated, subsets, size, seed=7)
    mean, std = torch_fidelity_kid(real, generated, subsets, size, 7)
    assert ours.mean == pytest.approx(mean, rel=2e-5)
    assert ours.std == pytest.approx(std, rel=2e-3)
    assert len(ours.values) == subsets


@pytest.mark.parametrize(("subsets", "size"), [(30, 300), (3, 50)])
def test_in_float64_every_subset_agrees(cloud, subsets, size):
    real = cloud(1500, 48).astype(np.float64)
    generated = cloud(1200, 48, seed=1, shift=0.1).astype(np.float64)
    ours = kid(real, generated, subsets, size, seed=7)
    mean, std = torch_fidelity_kid(real, generated, subsets, size, 7)
    assert ours.mean == pytest.approx(mean, rel=1e-9)
    assert ours.std == pytest.approx(std, rel=1e-9)


def test_the_two_routes_are_the_ones_that_these_sizes_take(cloud, monkeypatch):
    monkeypatch.setattr(kid_module, "_values_from_whole", lambda *_: np.full(30, 42.0))
    real, generated = cloud(1500, 4), cloud(1200, 4, seed=1)
    assert kid(real, generated, 30, 300).mean == 42
    assert kid(real, generated, 3, 50).mean != 42


def test_all_images_together_are_torchmetrics_kid_of_one_subset(cloud):
    real, generated = cloud(1100, 32).astype(np.float64), cloud(1100, 32, seed=1).astype(np.float64)
    theirs = float(poly_mmd(torch.from_numpy(real), torch.from_numpy(generated)))
    assert kid_full(real, generated).value == pytest.approx(theirs, rel=1e-9)


def test_kid_is_right_on_average_at_any_size(cloud):
    values = [
        kid_full(cloud(40, 8, seed=2 * draw), cloud(25, 8, seed=2 * draw + 1)).value
        for draw in range(200)
    ]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(200)
    assert min(values) < 0


def test_the_standard_error_is_the_spread_of_new_draws(cloud):
    found = [
        kid_full(cloud(150, 8, seed=2 * draw), cloud(100, 8, seed=2 * draw + 1, shift=0.5))
        for draw in range(150)
    ]
    spread = np.std([each.value for each in found])
    assert np.mean([each.standard_error for each in found]) == pytest.approx(spread, rel=0.15)


def test_the_seed_decides(cloud):
    real, generated = cloud(300, 8), cloud(300, 8, seed=1)
    assert kid(real, generated, 10, 100) == kid(real, generated, 10, 100)
    assert kid(real, generated, 10, 100) != kid(real, generated, 10, 100, seed=1)


def test_constant_features_have_a_kid():
    real, generated = np.zeros((20, 4), np.float32), np.ones((20, 4), np.float32)
    assert kid_full(real, real).value == 0
    assert kid_full(real, generated).value == 1 + 2**3 - 2
    assert kid(real, generated, 2, 10).mean == pytest.approx(1 + 2**3 - 2)


def test_a_subset_larger_than_the_set_names_the_way_out(cloud):
    with pytest.raises(UsageError, match=r"the smaller set has 300 images.*kid_full"):
        kid(cloud(5000, 4), cloud(300, 4))


def test_memory_grows_with_the_images_and_not_with_their_pairs(cloud):
    peaks = []
    for count in (4096, 8192):
        real, generated = cloud(count, 8), cloud(count, 8, seed=1)
        tracemalloc.start()
        kid_full(real, generated)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2.2 * peaks[0]
    assert peaks[1] / 8192 * 50_000 < 1 * 2**30  # beside 2 x 0.4 GiB of features
