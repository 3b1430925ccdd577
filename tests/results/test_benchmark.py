import pytest

from synthset.results.benchmark import Measure, Value, summarise
from synthset.results.figure import ConfidenceInterval, Figure
from synthset.results.judge import Difference

ACCURACY = Measure("base", "accuracy", "base")
DISTANCE = Measure("cmmd", "CMMD", "statistics", unit="", better="lower")


def ends(figure):
    return figure.interval.low, figure.interval.high


def values(measure, **arms):
    return [
        Value(measure.name, arm, seed, value, 100, details={"part": seed})
        for arm, each in arms.items()
        for seed, value in enumerate(each)
    ]


def cells(measure=ACCURACY, **arms):
    found = summarise([measure], values(measure, **arms), dict.fromkeys(arms, ""), "base")
    return found.cells[measure.name]


def test_seeds_are_joined_and_paired_with_the_base():
    found = cells(base=[0.5, 0.6, 0.7], other=[0.6, 0.7, 0.82])
    assert found["base"].figure.value == pytest.approx(0.6)
    assert ends(found["base"].figure) == pytest.approx((0.3516, 0.8484), abs=1e-4)
    assert found["base"].difference is None
    assert found["other"].difference.value == pytest.approx(0.32 / 3)
    assert found["other"].difference.p_holm < 0.01  # though the intervals of the arms overlap
    assert found["other"].details == {"part": 1.0}


def test_one_seed_has_the_interval_of_its_test_images_and_no_test():
    found = cells(base=[0.5], other=[0.5])
    assert ends(found["other"].figure) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert found["other"].figure.interval.method == "Wilson over test images"
    assert found["other"].difference.p is None


def test_of_one_seed_the_judgements_own_test_is_taken():
    figure = Figure(0.1, ConfidenceInterval(0.02, 0.18, "bootstrap over test images"), (0.1,))
    row = Difference("other", figure, 0.01, 0.02, "McNemar, exact")
    measured = values(ACCURACY, base=[0.5], other=[0.6])
    found = summarise([ACCURACY], measured, {"base": "", "other": ""}, "base", {"base": [row]})
    assert found.cells["base"]["other"].difference is row


def test_what_could_not_be_measured_leaves_no_figure():
    found = cells(base=[0.5, 0.6], other=[None, 0.7], third=[None, None])
    assert found["other"].figure.value == 0.7
    assert found["other"].difference.value == pytest.approx(0.1)
    assert found["third"].figure.value is None
    assert found["third"].difference is None


def test_a_seed_that_an_arm_lacks_leaves_its_place_empty():
    measured = values(ACCURACY, base=[0.5, 0.6], other=[0.7, 0.8])
    found = summarise([ACCURACY], [*measured[:2], measured[3]], {"base": "", "other": ""}, "base")
    assert found.cells["base"]["other"].figure.each == (None, 0.8)


def test_looking_at_many_sets_is_corrected_for():
    arms = {"base": [0.5, 0.6, 0.7], "other": [0.6, 0.7, 0.82]}
    alone, among = cells(**arms), cells(**arms, third=[0.5, 0.7, 0.6])
    assert among["other"].difference.p_holm == pytest.approx(2 * alone["other"].difference.p)


def test_ranks_begin_at_the_better_end_and_ties_share():
    found = cells(DISTANCE, base=[2.0], a=[1.0], b=[2.0], c=[None])
    ranks = {arm: cell.rank for arm, cell in found.items()}
    assert ranks == {"a": 1.0, "base": 2.5, "b": 2.5, "c": None}
