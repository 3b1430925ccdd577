from synthset.metrics.statistics.significance import paired_t
from synthset.results.verdict import Gap, Runs, beaten

BEST = [0.70, 0.71, 0.72]
GAPS = [0.020, 0.035, 0.030]  # p 0.023 alone


def runs(*values, low=None, high=None):
    return Runs(dict(enumerate(values)), low, high)


def behind(count):
    lower = [one - gap for one, gap in zip(BEST, GAPS, strict=True)]
    return {f"arm{i}": runs(*lower) for i in range(count)} | {"best": runs(*BEST)}


def test_being_told_apart_is_corrected_for_the_number_of_arms():
    assert 0.02 < paired_t(GAPS) < 0.025
    assert beaten("best", behind(2), "base", {}) == {"arm0", "arm1"}
    assert beaten("best", behind(3), "base", {}) == set()


def test_the_base_is_told_apart_where_the_table_of_differences_says_so():
    arms = behind(3)
    gaps = {"best": Gap(0.03, 0.04), "arm1": Gap(0.0, 1.0), "arm2": Gap(0.0, None)}
    assert beaten("best", arms, "arm0", gaps) == {"arm0"}
    assert beaten("best", arms, "arm0", gaps | {"best": Gap(0.03, 0.06)}) == set()
    of_the_best = {"arm0": Gap(-0.03, 0.01), "arm1": Gap(0.03, 0.01), "arm2": Gap(-0.03, 0.07)}
    assert beaten("best", arms, "best", of_the_best) == {"arm0"}


def test_of_one_seed_intervals_lie_apart_at_the_better_end():
    arms = {"best": runs(0.1, low=0.05, high=0.2), "other": runs(0.3, low=0.25, high=0.4)}
    assert beaten("best", arms, "base", {}, "lower") == {"other"}
    assert beaten("best", arms, "base", {}) == set()
    assert beaten("best", arms | {"other": runs(0.3, low=0.1, high=0.4)}, "", {}, "lower") == set()


def test_seeds_that_agree_to_the_digit_are_not_told_apart():
    assert beaten("best", {"best": runs(0.5, 0.5), "other": runs(0.4, 0.4)}, "other", {}) == set()
