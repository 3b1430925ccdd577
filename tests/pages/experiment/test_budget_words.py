"""What a page says of two budgets, of trials whose answers are made up."""

import pytest
from budget_trials import FULL, judge_cats, make_experiment, make_trials

from synthset.pages.experiment.answer_words import write_answer
from synthset.pages.experiment.budget_words import describe_growth, list_doubtful, write_budgets
from synthset.pages.experiment.budgets_chart import draw_budgets_chart
from synthset.pages.experiment.curve_charts import make_arm_key
from synthset.pages.experiment.experiment_page import write_experiment_page

KEPT = {"plain": (1, 2, 2), "made": (6, 8, 8), "other": (4, 6, 6)}
DOUBTFUL = {"plain": (2, 8, 4), "made": (5, 6, 7), "other": (4, 5, 6)}


def test_an_order_that_stays_is_said_to_stay_and_the_answer_stands():
    found = judge_cats(KEPT)
    said = "With half the training (500 updates), all arms have the same order in balanced accuracy"
    assert write_budgets(found).startswith(said)
    short, rest = write_answer(found)
    assert short == "Generated images help."
    assert rest[0].isupper()
    assert said in rest


def test_a_verdict_that_half_the_training_does_not_give_is_never_given_alone():
    short, rest = write_answer(judge_cats(DOUBTFUL))
    assert short == "Generated images help, but with half the training that isn't clear."
    same = "with <sd> doesn't clearly differ from plain in balanced accuracy and accuracy, but is"
    assert f"{same} better with all of it" in rest
    assert "Next: train longer (training.updates: 2000)" in rest
    hurts = {"plain": (6, 8, 8), "made": (1, 2, 2), "other": (3, 4, 5)}
    assert write_answer(judge_cats(hurts))[0].endswith("but with half the training they hurt.")
    full = {**FULL, "made": (3, 2, 5)}
    assert write_answer(judge_cats(KEPT, full))[0] == (
        "It isn't clear yet whether generated images help, but with half the training they help."
    )


def test_a_change_of_verdict_that_may_be_chance_is_said_to_be_so():
    unsteady = {"plain": (2, 8, 4), "made": (3, 15, 7), "other": (4, 5, 6)}
    assert "(a change that may be due to chance)" in write_budgets(judge_cats(unsteady))
    steady = {"plain": (9, 11, 10), "made": (10, 12, 10), "other": (4, 5, 6)}
    assert "may be due to chance" not in write_budgets(judge_cats(steady))


def test_orders_that_change_by_chance_are_listed_and_not_called_more():
    full = {"plain": (2, 4, 3), "made": (10, 14, 13), "other": (3, 2, 5)}
    smaller = {"plain": (2, 4, 3), "made": (10, 14, 13), "other": (2, 3, 3)}
    found = judge_cats(smaller, full)
    assert write_budgets(found).endswith(
        "the order changes only among arms that don't differ significantly."
    )
    pairs = [("balanced accuracy", "other and plain"), ("accuracy", "other and plain")]
    assert list_doubtful(found, found.budgets) == pairs


@pytest.mark.parametrize(("share", "words"), [(0.25, "a quarter of the"), (0.3, "30 % of the")])
def test_the_share_and_the_seeds_are_named(share, words):
    first = {arm: rights[:1] for arm, rights in KEPT.items()}
    said = write_budgets(judge_cats(first, smaller_budget={"share": share}))
    assert said.startswith(f"With {words} training ({1000 * share:.0f} updates; seed 0 only)")


def test_the_growth_of_accuracy_names_both_ends():
    found = judge_cats(KEPT)
    assert describe_growth(found, found.budgets).startswith(
        "From 500 to 1,000 updates, accuracy changes by +2.2 points (plain) to +8.3 points (with"
    )


def test_the_chart_has_a_line_an_arm_and_its_table_both_figures():
    picture = draw_budgets_chart(found := judge_cats(KEPT), found.budgets)
    assert [row[0] for row in picture.table.rows] == ["plain", "with <sd>", "other"]
    assert picture.table.headings[1:3] == (
        "balanced accuracy, 500 updates", "balanced accuracy, 1,000 updates"
    )  # fmt: skip


def test_the_key_tells_an_arm_from_a_control_whose_words_begin_alike():
    arm = {"name": "made", "text": "generated images in every class", "control": True}
    arm["parts"] = [{"set": "real"}, {"set": "sd"}]
    full = {"made": FULL["made"], "made-control": FULL["plain"]}
    found = judge_cats(full, full, arms=[arm])
    named = [line.name for line in make_arm_key(found)]
    assert named == [arm["text"], f"{arm['text']}: control"]


def test_the_page_shows_two_budgets_or_says_that_there_is_one(tmp_path):
    asked, trials = make_experiment(), make_trials(FULL)
    two = write_experiment_page(tmp_path / "two", asked, judge_cats(DOUBTFUL), trials)
    html = two.read_text()
    assert "<b>Generated images help, but with half the training that isn&#39;t clear.</b>" in html
    assert "<small>minus plain</small></td><td>balanced accuracy</td>" in html
    assert (two.parent / "figures" / "budgets.svg").exists()
    alone = make_experiment(smaller_budget=None)
    one = write_experiment_page(tmp_path / "one", alone, judge_cats({}), trials)
    assert "One budget only: 1,000 updates." in one.read_text()


def test_without_an_answer_the_sentence_stands_among_the_headlines(tmp_path):
    plain = [{"name": name, "parts": [{"set": "real"}]} for name in FULL]
    found = judge_cats(KEPT, arms=plain)
    asked = make_experiment(arms=plain)
    html = write_experiment_page(tmp_path, asked, found, make_trials(FULL)).read_text()
    assert f"<li>{write_budgets(found)}</li>" in html
