import numpy as np
import pytest

from synthset.metrics.statistics.intervals import wilson
from synthset.metrics.statistics.significance import paired_t
from synthset.results.figure import CHANCE, SEEDS
from synthset.results.judge import Runs, compare, estimate, find_leader

BEST = [0.70, 0.71, 0.72]
GAPS = [0.020, 0.035, 0.030]  # p 0.023 alone


def runs(*values, **more):
    return Runs({seed: np.array([value]) for seed, value in enumerate(values)}, **more)


def behind(count):
    lower = [one - gap for one, gap in zip(BEST, GAPS, strict=True)]
    return {f"arm{i}": runs(*lower) for i in range(count)} | {"best": runs(*BEST)}


def leader(arms, base=""):
    figures = {name: estimate(one, list(one.values)) for name, one in arms.items()}
    others = {name: one for name, one in arms.items() if name != base}
    return find_leader(arms, figures, base, compare(arms[base], others) if base else ())


def test_being_told_apart_is_corrected_for_the_number_of_arms():
    assert 0.02 < paired_t(GAPS) < 0.025
    assert leader(behind(2)).beaten == ("arm0", "arm1")
    assert leader(behind(3)).beaten == ()


def test_the_base_is_told_apart_where_its_difference_says_so():
    arms = {"base": runs(0.5, 0.51, 0.52), **behind(1)}  # all alike: no spread to test with
    assert leader(arms, "base").beaten == ("arm0",)
    arms["base"] = runs(0.5, 0.52, 0.52)
    (found,) = (one for one in compare(arms["base"], arms) if one.arm == "best")
    assert found.verdict == "better"
    assert leader(arms, "base").beaten == ("base", "arm0")


def test_of_one_seed_intervals_lie_apart_at_the_better_end():
    arms = {"best": runs(0.1, images=100), "other": runs(0.3, images=100)}
    assert (leader(arms).best, leader(arms).beaten) == (("other",), ("best",))
    lower = {name: Runs(one.values, images=100, better="lower") for name, one in arms.items()}
    assert (leader(lower).best, leader(lower).beaten) == (("best",), ("other",))
    assert leader(arms | {"other": runs(0.12, images=100)}).beaten == ()


def test_seeds_that_agree_to_the_digit_are_not_told_apart():
    assert leader({"best": runs(0.5, 0.5), "other": runs(0.4, 0.4)}, "other").beaten == ()


def test_equal_arms_share_the_lead_and_what_has_no_better_end_has_none():
    assert leader({"a": runs(0.5), "b": runs(0.5), "c": runs(0.4)}).best == ("a", "b")
    assert leader({"a": runs(0.5, better=None), "b": runs(0.4, better=None)}) is None


def test_seeds_that_agree_to_the_digit_fall_back_on_wilson():
    found = estimate(runs(1.0, 1.0, images=10), [0, 1])
    assert (found.interval.low, found.interval.high) == (wilson(10, 10).low, 1.0)
    assert found.interval.method == CHANCE
    assert estimate(runs(1.0, 1.0), [0, 1]).interval is None
    assert estimate(runs(1.0, 0.9), [0, 1]).interval.method == SEEDS


def test_ends_of_a_share_lie_within_its_range_and_those_of_numbers_do_not_end():
    (share,) = compare(runs(0.0, 0.9), {"a": runs(0.9, 0.1)})
    assert (share.figure.interval.low, share.figure.interval.high) == (-1.0, 1.0)
    (plain,) = compare(runs(0.0, 0.9, unit=""), {"a": runs(0.9, 0.1, unit="")})
    assert plain.figure.interval.high > 1
    assert plain.value == pytest.approx(share.value)
