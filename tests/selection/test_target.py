"""The distance of a chosen set: exact along all axes, never overstated in bands."""

import numpy as np
import pytest
from worlds import as_it_is, candidates, real

from synthset.metrics.sets.fid import frechet_distance
from synthset.metrics.sets.gaussian import gaussian
from synthset.selection.kernel import TargetKernel
from synthset.selection.target import Target, distance, gradient

GOAL = gaussian(real(2000))
ROWS = np.arange(0, 60, 2)


def test_along_all_axes_it_is_the_frechet_distance():
    target, features = Target.of(GOAL), candidates(20, 40)
    exact = frechet_distance(GOAL, as_it_is(features[ROWS]))
    assert distance(target, target.see(features).sums(ROWS)) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("directions", [0, 1, 4, 12])
def test_in_bands_it_is_never_more(directions):
    features = candidates(20, 40)
    target = Target.of(GOAL, directions)
    assert len(target.bands) == min(16, 24 - directions)
    exact = frechet_distance(GOAL, as_it_is(features))
    found = distance(target, target.see(features).sums(np.arange(60)))
    assert 0.5 * exact < found <= exact


def test_a_target_of_few_images_is_exact_outside_its_own_axes():
    few = gaussian(real(5))
    target, features = Target.of(few), candidates(20, 40)
    assert target.rank == 4
    exact = frechet_distance(few, as_it_is(features))
    assert distance(target, target.see(features).sums(np.arange(60))) == pytest.approx(exact)


@pytest.mark.parametrize("directions", [0, 6, 24])
def test_the_gradient_is_that_of_the_distance(directions):
    features, target = candidates(40, 40), Target.of(GOAL, directions)
    seen, step = target.see(features), 1e-6
    weights = np.random.default_rng(0).dirichlet(np.ones(80))
    change = np.random.default_rng(1).dirichlet(np.ones(80)) - weights

    def at(w):
        lead = seen.lead * w[:, None]
        sums = seen.sums(np.arange(1))
        return type(sums)(1, w @ seen.along, lead.T @ seen.lead, w @ seen.energy, w @ seen.outside)

    _, slope = gradient(target, at(weights), seen, 1e-10)
    ahead, behind = (distance(target, at(weights + s * change), 1e-10) for s in (step, -step))
    assert slope @ change == pytest.approx((ahead - behind) / (2 * step), rel=1e-4)


@pytest.mark.parametrize("directions", [6, 24])
def test_the_pairs_give_the_distance_near_the_target(directions):
    features, target = real(3000, seed=5), Target.of(GOAL, directions)
    pairs, seen = TargetKernel.of(target), target.see(features)
    constant = 0.5 * target.lead @ (np.diag(pairs.cauchy) * target.lead)
    constant += pairs.bands @ target.energies**2
    form = pairs.between(seen).mean(dtype=np.float64) + pairs.linear(seen).mean() + constant
    exact = distance(target, seen.sums(np.arange(3000)))
    assert form == pytest.approx(exact, rel=0.1)
    assert exact < 0.02  # of a trace of 3.8


def test_the_pull_of_others_is_the_sum_of_the_pairs():
    features, target = candidates(40, 40), Target.of(GOAL, 12)
    pairs, seen = TargetKernel.of(target), target.see(features)
    found = pairs.pull(seen, seen.sums(ROWS))
    np.testing.assert_allclose(found, pairs.between(seen)[:, ROWS].sum(axis=1), rtol=1e-5)
    whole = pairs.of_itself(seen.sums(ROWS))
    assert whole == pytest.approx(float(found[ROWS].sum()), rel=1e-9)
