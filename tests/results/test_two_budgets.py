import numpy as np
import pytest

from synthset.recipe.experiment import load_experiment
from synthset.results.judgement import Judgement, judge
from synthset.results.stored import dump, load
from synthset.results.trial import Trial

CLASSES = ("cat", "dog", "eel")
LABELS = np.repeat(np.arange(3), 20)
FULL = {"plain": (2, 4, 3), "filled": (10, 14, 13), "other": (7, 8, 8)}


def experiment(arms=tuple(FULL), **changes):
    both = [{"set": "real"}, {"set": "sd"}]
    pair = {"filled": {"parts": both, "control": "plain"}}
    content = {
        "name": "pets",
        "real": {"train": {"kind": "digits"}},
        "sets": {"sd": {"kind": "images", "paths": [{"path": "made"}]}},
        "arms": [{"name": arm, "parts": both[:1], **pair.get(arm, {})} for arm in arms],
        "smaller_budget": {"share": 0.25},
        **changes,
    }
    return load_experiment(content)


def train(cats):
    """Trials of which so many of 20 cats are right, the rest taken for dogs; all else is right."""
    found = []
    for arm, rights in cats.items():
        for seed, right in enumerate(rights):
            predicted = LABELS.copy()
            predicted[right:20] = 1
            shares = np.eye(3, dtype=np.float32)[predicted] * 0.7 + 0.1
            counts = {"real": np.array([5, 50, 50])}
            counts |= {"sd": np.array([45, 0, 0])} if arm == "filled" else {}
            found.append(Trial(arm, seed, LABELS, shares, counts, seconds=2.0))
    return found


def compare(smaller, full=FULL, **changes):
    asked = experiment(tuple(full), **changes)
    return judge(asked, train(full), CLASSES, train(smaller)).budgets


def pick(budgets, *arms):
    (found,) = [
        one for one in budgets.pairs
        if one.measure == "accuracy" and {one.arm, one.other} == set(arms)
    ]  # fmt: skip
    return found


def test_every_arm_states_its_figures_at_both_budgets_with_intervals_over_seeds():
    found = compare({"plain": (1, 2, 3), "filled": (6, 8, 7), "other": (5, 6, 6)})
    assert (found.smaller, found.full, found.seeds) == (250, 1000, (0, 1, 2))
    assert list(found.figures) == ["balanced_accuracy", "accuracy"]
    one = found.figures["accuracy"]["filled"]
    assert (one.smaller.value, one.full.value) == pytest.approx((47 / 60, 157 / 180))
    assert one.smaller.interval.low < one.smaller.value < one.smaller.interval.high
    assert one.growth.figure.each == pytest.approx((4 / 60, 6 / 60, 6 / 60))


def test_arms_that_keep_order_and_verdict_are_not_named():
    found = compare({"plain": (1, 2, 2), "filled": (6, 8, 8), "other": (4, 6, 6)})
    assert [one.is_named for one in found.pairs] == [False, False]  # the control, by measure
    assert {(one.arm, one.other) for one in found.pairs} == {("filled", "plain")}


def test_an_order_that_changes_beyond_chance_is_named_with_both_differences():
    found = compare({"plain": (1, 2, 2), "filled": (6, 8, 7), "other": (12, 13, 14)})
    pair = pick(found, "filled", "other")
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
    smaller = {"plain": (2, 8, 4), "filled": (5, 6, 7), "other": (12, 13, 14)}
    found = compare(smaller)
    first = found.pairs[0]
    assert (first.arm, first.other, first.changes_verdict) == ("filled", "plain", True)
    assert (first.smaller.verdict, first.full.verdict) == (None, "better")
    assert not first.reorders
    assert found.pairs[2].reorders  # then those whose order changes


def test_pairs_are_corrected_as_in_the_tables_of_gains_and_differences():
    asked = experiment(base="other")
    judged = judge(asked, train(FULL), CLASSES, train({arm: (9, 5, 4) for arm in FULL}))
    reverse = judge(asked, train(FULL), CLASSES, train({"filled": (1, 2, 2), "other": (3, 5, 4)}))
    assert pick(judged.budgets, "filled", "plain").full == judged.gains["accuracy"][0]
    rows = {one.arm: one for one in reverse.differences["accuracy"]}
    alone = pick(reverse.budgets, "filled", "other")
    assert alone.full.p == rows["filled"].p
    assert alone.full.p_holm <= rows["filled"].p_holm  # `plain` was not trained again


def test_where_one_seed_is_trained_again_that_seed_is_compared_at_both_budgets():
    found = compare({"plain": (2,), "filled": (1,), "other": (4,)})
    pair = pick(found, "filled", "plain")
    assert found.seeds == (0,)
    assert (pair.smaller.test, pair.full.test) == ("McNemar, exact", "McNemar, exact")
    assert pair.full.figure.each == pytest.approx((8 / 60,))
    assert found.figures["accuracy"]["plain"].full.interval is not None


def test_the_focus_is_judged_at_a_matched_answer_rate():
    found = compare({arm: (4, 5, 6) for arm in FULL}, focus=["cat"])
    assert list(found.figures) == ["focus_matched_f1", "accuracy"]


def test_one_budget_compares_nothing_and_two_are_read_back_as_they_were_written():
    assert judge(experiment(), train(FULL), CLASSES).budgets is None
    judged = judge(experiment(), train(FULL), CLASSES, train({arm: (9, 5, 4) for arm in FULL}))
    again = load(Judgement, dump(judged), "judgement.json")
    assert again.budgets == judged.budgets
    assert again.budgets.pairs


def test_the_time_of_the_answer_counts_the_trainings_of_both_budgets():
    both = judge(experiment(), train(FULL), CLASSES, train(FULL))
    assert both.answer.seconds == pytest.approx(9 * 2.0 + 9 * 2.0)
