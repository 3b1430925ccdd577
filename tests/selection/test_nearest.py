"""The nearest set: it finds what is good, holds what it promises, and is the same every time."""

from itertools import combinations

import numpy as np
import pytest
from worlds import as_it_is, candidates, real

from synthset.metrics.sets.fid import frechet_distance
from synthset.metrics.sets.gaussian import Gaussian, gaussian
from synthset.selection import nearest
from synthset.selection.bound import frank_wolfe_bound
from synthset.selection.kernel_mean import nearest_kernel_mean
from synthset.selection.nearest import choose_nearest_set
from synthset.selection.shrink import shrink_covariance

GOAL = gaussian(real(3000))
HELD_OUT = gaussian(real(3000, seed=9))


def far(features, rows, goal=HELD_OUT):
    return frechet_distance(goal, as_it_is(features[rows]))


def drawn(total, count):
    return np.random.default_rng(0).permutation(total)[:count]


def test_it_finds_the_good_fifth_of_a_generator():
    features = candidates(good=200, bad=800)
    rows = choose_nearest_set(features, GOAL, 200)
    assert len(set(rows.tolist())) == 200
    assert far(features, rows) < 0.2 * far(features, drawn(1000, 200))
    assert (rows < 200).mean() > 0.6  # some of the bad ones pass for good


def test_a_few_leading_axes_are_nearly_as_good_as_all():
    features = candidates(good=200, bad=800)
    some = far(features, choose_nearest_set(features, GOAL, 200, directions=8))
    assert some < 1.6 * far(features, choose_nearest_set(features, GOAL, 200))


def test_what_is_preferred_comes_in_at_a_price():
    features = candidates(good=300, bad=300)
    liked = np.random.default_rng(3).random(600)
    means, distances = [], []
    for share in (0.0, 0.1, 1.0):
        rows = choose_nearest_set(features, GOAL, 200, prefer=share * liked)
        means.append(liked[rows].mean())
        distances.append(far(features, rows, GOAL))
    assert means[0] + 0.05 < means[1] < means[2] - 0.05
    assert distances == sorted(distances)


@pytest.mark.parametrize("cut", [0.3, 0.5])
def test_a_preference_costs_less_than_a_limit_at_the_same_mean_score(cut):
    features = candidates(good=300, bad=300)
    liked = np.random.default_rng(3).random(600)
    allowed = np.flatnonzero(liked >= cut)
    hard = allowed[choose_nearest_set(features[allowed], GOAL, 200)]
    for weight in np.geomspace(0.05, 5, 20):
        soft = choose_nearest_set(features, GOAL, 200, prefer=weight * liked)
        if liked[soft].mean() >= liked[hard].mean():
            break
    assert liked[soft].mean() >= liked[hard].mean()
    assert far(features, soft) < 0.95 * far(features, hard)


def test_fixed_images_stay_and_the_others_make_up_for_them():
    features, poor = candidates(good=200, bad=200), np.arange(390, 400)
    rows = choose_nearest_set(features, GOAL, 100, fixed=poor)
    assert set(poor.tolist()) <= set(rows.tolist())
    assert len(rows) == 100
    free = choose_nearest_set(features, GOAL, 90)
    added = np.union1d(free[~np.isin(free, poor)], poor)
    assert far(features, rows, GOAL) < far(features, added, GOAL)


@pytest.mark.parametrize("count", [40, 41])
def test_with_no_more_than_wanted_all_stay(count):
    assert choose_nearest_set(candidates(10, 30), GOAL, count).tolist() == list(range(40))


def test_the_same_input_gives_the_same_rows_in_blocks_too(monkeypatch):
    monkeypatch.setattr(nearest, "BLOCK", 128)
    features = candidates(200, 400)
    first, again, other = (choose_nearest_set(features, GOAL, 200, seed=seed) for seed in (0, 0, 1))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_blocks_are_nearly_as_good_as_all_at_once(monkeypatch):
    features = candidates(300, 900)
    whole = far(features, choose_nearest_set(features, GOAL, 300), GOAL)
    monkeypatch.setattr(nearest, "BLOCK", 200)
    rows = choose_nearest_set(features, GOAL, 300, fixed=np.arange(1190, 1200))
    assert len(rows) == 300
    assert set(range(1190, 1200)) <= set(rows.tolist())
    assert far(features, choose_nearest_set(features, GOAL, 300), GOAL) < 1.15 * whole


@pytest.mark.parametrize("features", [np.ones((30, 5)), np.zeros((30, 5), np.float32)])
def test_constant_features_give_any_set_of_the_right_size(features):
    for goal in (gaussian(features), gaussian(np.random.default_rng(0).normal(size=(50, 5)))):
        assert len(choose_nearest_set(features, goal, 7)) == 7
        assert frank_wolfe_bound(features, goal, 7) >= 0


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_images_are_a_set(count):
    assert len(choose_nearest_set(candidates(10, 30), GOAL, count)) == count


@pytest.mark.parametrize(("good", "bad", "count"), [(200, 400, 200), (0, 500, 100), (30, 30, 10)])
def test_no_set_is_nearer_than_the_bound(good, bad, count):
    features = candidates(good, bad)
    rows = choose_nearest_set(features, GOAL, count)
    for start in (None, rows):
        bound = frank_wolfe_bound(features, GOAL, count, start=start)
        assert 0 <= bound <= far(features, rows, GOAL)
    if count >= 100:
        assert bound > 0.75 * far(features, rows, GOAL)


def test_the_bound_holds_against_every_subset_of_a_small_world():
    features = candidates(4, 5)[:, :3]
    goal = Gaussian(np.zeros(3), np.diag([1.0, 0.5, 0.3]), 1000)
    best = min(far(features, list(rows), goal) for rows in combinations(range(9), 4))
    assert frank_wolfe_bound(features, goal, 4, steps=500) <= best
    assert far(features, choose_nearest_set(features, goal, 4), goal) <= 1.5 * best


@pytest.mark.parametrize("directions", [0, 3, 10])
def test_fewer_axes_give_a_lower_bound(directions):
    features = candidates(200, 400)
    fewer = frank_wolfe_bound(features, GOAL, 200, directions=directions)
    assert fewer <= 1.005 * frank_wolfe_bound(features, GOAL, 200)


def test_five_real_images_help_where_the_generator_is_poor():
    features = candidates(good=200, bad=600)
    ratios = []
    for seed in range(3):
        goal = shrink_covariance(real(5, seed=seed), gaussian(features)).gaussian
        rows = choose_nearest_set(features, goal, 300)
        ratios.append(far(features, rows) / far(features, drawn(800, 300)))
    assert np.mean(ratios) < 0.7


def test_few_real_images_do_little_harm_where_the_generator_is_perfect():
    features = real(600, seed=3)
    ratios = {"few as they are": [], "shrunk": []}
    for seed in range(4, 6):
        few = real(20, seed=seed)
        goals = gaussian(few), shrink_covariance(few, gaussian(features)).gaussian
        for name, goal in zip(ratios, goals, strict=True):
            ratios[name].append(far(features, choose_nearest_set(features, goal, 200)))
    drawing = far(features, drawn(600, 200))
    assert np.mean(ratios["few as they are"]) > 1.6 * drawing
    assert np.mean(ratios["shrunk"]) < 1.5 * drawing


def test_many_real_images_are_taken_at_their_word():
    found = shrink_covariance(real(3000), gaussian(candidates(0, 500)))
    assert found.of_mean < 0.01
    assert found.of_cov < 0.25  # a guess that is nearly right is no harm
    assert frechet_distance(found.gaussian, GOAL) < 0.01


def test_one_real_image_has_the_shape_of_the_candidates():
    guess = gaussian(candidates(50, 50))
    found = shrink_covariance(real(1), guess)
    assert found.of_cov == 1
    np.testing.assert_array_equal(found.gaussian.cov, guess.cov)


def test_the_kernel_mean_finds_the_good_ones_too():
    features, some = candidates(good=200, bad=800), real(500)
    rows = nearest_kernel_mean(features, some, 200)
    assert len(rows) == 200
    assert far(features, rows) < 0.4 * far(features, drawn(1000, 200))
    kept = nearest_kernel_mean(features, some, 200, fixed=np.arange(990, 1000))
    assert set(range(990, 1000)) <= set(kept.tolist())
