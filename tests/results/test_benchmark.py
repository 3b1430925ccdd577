import pytest

from synthset.results.benchmark import Benchmark, Figure, Value, summarise
from synthset.results.differences import Difference

ACCURACY = Figure("base", "accuracy", "base")
DISTANCE = Figure("cmmd", "CMMD", "statistics", unit="", better="lower")


def values(figure, **arms):
    return [
        Value(figure.name, arm, seed, value, 100, details={"part": seed})
        for arm, each in arms.items()
        for seed, value in enumerate(each)
    ]


def cells(figure=ACCURACY, **arms):
    return summarise([figure], values(figure, **arms), list(arms), "base")[figure.name]


def test_seeds_are_joined_and_paired_with_the_base():
    found = cells(base=[0.5, 0.6, 0.7], other=[0.6, 0.7, 0.82])
    assert found["base"].value == pytest.approx(0.6)
    assert (found["base"].low, found["base"].high) == pytest.approx((0.3516, 0.8484), abs=1e-4)
    assert found["base"].difference is None
    assert found["other"].difference == pytest.approx(0.32 / 3)
    assert found["other"].p < 0.01  # though the intervals of the arms overlap
    assert found["other"].details == {"part": 1.0}


def test_one_seed_has_the_interval_of_its_test_images_and_no_test():
    found = cells(base=[0.5], other=[0.5])
    assert (found["other"].low, found["other"].high) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert found["other"].how == "Wilson over test images"
    assert found["other"].p is None


def test_of_one_seed_the_judgements_own_test_is_taken():
    row = Difference("other", "accuracy", 0.1, 0.02, 0.18, (0.1,), "", 0.01, 0.02, "McNemar, exact")
    measured = values(ACCURACY, base=[0.5], other=[0.6])
    found = summarise([ACCURACY], measured, ["base", "other"], "base", {"base": [row]})
    other = found["base"]["other"]
    assert (other.difference_low, other.difference_high, other.p) == (0.02, 0.18, 0.01)


def test_what_could_not_be_measured_leaves_no_figure():
    found = cells(base=[0.5, 0.6], other=[None, 0.7], third=[None, None])
    assert found["other"].value == 0.7
    assert found["other"].difference == pytest.approx(0.1)
    assert found["third"].value is None
    assert found["third"].difference is None


def test_a_seed_that_an_arm_lacks_leaves_its_place_empty():
    measured = values(ACCURACY, base=[0.5, 0.6], other=[0.7, 0.8])
    found = summarise([ACCURACY], [*measured[:2], measured[3]], ["base", "other"], "base")["base"]
    assert found["other"].each == (None, 0.8)


def test_looking_at_many_sets_is_corrected_for():
    alone = cells(base=[0.5, 0.6, 0.7], other=[0.6, 0.7, 0.82])["other"].p
    among = cells(base=[0.5, 0.6, 0.7], other=[0.6, 0.7, 0.82], third=[0.5, 0.7, 0.6])["other"].p
    assert among == pytest.approx(2 * alone)


def test_ranks_begin_at_the_better_end_and_ties_share():
    found = cells(DISTANCE, base=[2.0], a=[1.0], b=[2.0], c=[None])
    arms = dict.fromkeys(found, "")
    benchmark = Benchmark(arms, "base", (0,), (DISTANCE,), {"cmmd": found}, ())
    assert benchmark.ranks(DISTANCE) == {"a": 1.0, "base": 2.5, "b": 2.5}
