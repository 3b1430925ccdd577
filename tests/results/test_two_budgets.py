import pytest
from budget_trials import FULL, judge_cats

from synthset.results.judgement import Judgement
from synthset.results.stored import dump, load


def compare(smaller, full=FULL, **changes):
    return judge_cats(smaller, full, **changes).budgets


def pick(budgets, *arms):
    (found,) = [
        one for one in budgets.pairs
        if one.measure == "accuracy" and {one.arm, one.other} == set(arms)
    ]  # fmt: skip
    return found


def test_every_arm_states_its_figures_at_both_budgets_with_intervals_over_seeds():
    smaller = {"plain": (1, 2, 3), "made": (6, 8, 7), "other": (5, 6, 6)}
    found = compare(smaller, smaller_budget={"share": 0.25})
    assert (found.smaller, found.full, found.seeds) == (250, 1000, (0, 1, 2))
    assert list(found.figures) == ["balanced_accuracy", "accuracy"]
    one = found.figures["accuracy"]["made"]
    assert (one.smaller.value, one.full.value) == pytest.approx((47 / 60, 157 / 180))
    assert one.smaller.interval.low < one.smaller.value < one.smaller.interval.high
    assert one.growth.figure.each == pytest.approx((4 / 60, 6 / 60, 6 / 60))


def test_arms_that_keep_order_and_verdict_are_not_named():
    found = compare({"plain": (1, 2, 2), "made": (6, 8, 8), "other": (4, 6, 6)})
    assert [one.is_named for one in found.pairs] == [False, False]  # the control, by measure
    assert {(one.arm, one.other) for one in found.pairs} == {("made", "plain")}


def test_an_order_that_changes_beyond_chance_is_named_with_both_differences():
    found = compare({"plain": (1, 2, 2), "made": (6, 8, 7), "other": (12, 13, 14)})
    pair = pick(found, "made", "other")
    assert pair.reorders
    assert (pair.smaller.value, pair.full.value) == pytest.approx((-6 / 60, 14 / 180))
    assert (pair.smaller.verdict, pair.full.verdict) == ("worse", "better")
    assert pair.change.value == pytest.approx(32 / 180)
    assert pair.change.verdict == "better"


def test_an_order_that_changes_within_chance_is_named_and_said_to_be_so():
    full = {"plain": (9, 12, 10), "other": (10, 11, 11)}
    pair = pick(compare({"plain": (6, 7, 6), "other": (4, 8, 6)}, full), "plain", "other")
    assert (pair.reorders, pair.is_named, pair.beyond_chance) == (True, True, False)


def test_a_control_that_is_beaten_at_one_budget_only_is_named_first():
    smaller = {"plain": (2, 8, 4), "made": (5, 6, 7), "other": (12, 13, 14)}
    found = compare(smaller)
    first = found.pairs[0]
    assert (first.arm, first.other, first.changes_verdict) == ("made", "plain", True)
    assert (first.smaller.verdict, first.full.verdict) == (None, "better")
    assert not first.reorders
    assert found.pairs[2].reorders  # then those whose order changes


def test_pairs_are_corrected_as_in_the_tables_of_gains_and_differences():
    judged = judge_cats({arm: (9, 5, 4) for arm in FULL}, base="other")
    reverse = judge_cats({"made": (1, 2, 2), "other": (3, 5, 4)}, base="other")
    assert pick(judged.budgets, "made", "plain").full == judged.gains["accuracy"][0]
    rows = {one.arm: one for one in reverse.differences["accuracy"]}
    alone = pick(reverse.budgets, "made", "other")
    assert alone.full.p == rows["made"].p
    assert alone.full.p_holm <= rows["made"].p_holm  # `plain` was not trained again


def test_where_one_seed_is_trained_again_that_seed_is_compared_at_both_budgets():
    found = compare({"plain": (2,), "made": (1,), "other": (4,)})
    pair = pick(found, "made", "plain")
    assert found.seeds == (0,)
    assert (pair.smaller.test, pair.full.test) == ("McNemar, exact", "McNemar, exact")
    assert pair.full.figure.each == pytest.approx((8 / 60,))
    assert found.figures["accuracy"]["plain"].full.interval is not None


def test_the_focus_is_judged_at_a_matched_answer_rate():
    found = compare({arm: (4, 5, 6) for arm in FULL}, focus=["cat"])
    assert list(found.figures) == ["focus_matched_f1", "accuracy"]


def test_one_budget_compares_nothing_and_two_are_read_back_as_they_were_written():
    assert judge_cats({}).budgets is None
    judged = judge_cats({arm: (9, 5, 4) for arm in FULL})
    again = load(Judgement, dump(judged), "judgement.json")
    assert again.budgets == judged.budgets
    assert again.budgets.pairs


def test_the_time_of_the_answer_counts_the_trainings_of_both_budgets():
    assert judge_cats(FULL).answer.seconds == pytest.approx(9 * 2.0 + 9 * 2.0)
