import json
from dataclasses import replace

import numpy as np
import pytest

from synthset.errors import UsageError
from synthset.metrics.statistics.intervals import Interval, wilson
from synthset.metrics.statistics.significance import t_interval
from synthset.pages.experiment.answer_words import write_answer
from synthset.pages.experiment.experiment_tables import describe_training
from synthset.recipe.experiment import load_experiment
from synthset.results.figure import DRAWS, SEEDS
from synthset.results.judge import CORRECTION
from synthset.results.judgement import Judgement, judge
from synthset.results.judgement_tables import make_arm_rows, make_class_rows
from synthset.results.source_leak import PROBED, SourceProbe
from synthset.results.source_use import ASKED, TrialSourceUse
from synthset.results.stored import dump, load
from synthset.results.trial import Look, Trial

CLASSES = ("cat", "dog", "eel")
LABELS = np.repeat(np.arange(3), 20)


def experiment(**changes):
    content = {
        "name": "pets",
        "real": {"train": {"kind": "digits"}, "cut": {"cat": 5}},
        "sets": {"sd": {"kind": "images", "paths": [{"path": "made"}]}},
        "arms": [
            {"name": "starved", "parts": [{"set": "real"}]},
            {"name": "refilled", "parts": [{"set": "real"}, {"set": "sd", "top_up_to": "largest"}]},
        ],
        **changes,
    }
    return load_experiment(content)


def trial(arm, seed, cats_right, labels=LABELS, **other):
    """Cats right by number, the rest taken for dogs; all else right."""
    predicted = labels.copy()
    predicted[np.flatnonzero(labels == 0)[cats_right:]] = 1
    shares = np.full((len(labels), 3), 0.1, dtype=np.float32)
    shares[np.arange(len(labels)), predicted] = 0.8
    counts = {"real": np.array([5, 50, 50])}
    if arm in ("refilled", "chosen"):
        counts["sd"] = np.array([45, 0, 0])
    return Trial(arm, seed, labels, shares, counts, **other)


def three_seeds():
    cats = {"starved": (2, 4, 3), "refilled": (10, 14, 13)}
    return [trial(arm, seed, n) for arm, all in cats.items() for seed, n in enumerate(all)]


def test_an_arm_has_the_mean_of_its_seeds_and_students_interval():
    judged = judge(experiment(), three_seeds(), CLASSES)
    found, expected = judged.arms[0].whole["focus_recall"], t_interval([0.1, 0.2, 0.15])
    ends = found.interval
    assert (found.value, ends.low, ends.high) == pytest.approx(
        (expected.value, expected.low, expected.high)
    )
    assert found.each == pytest.approx((0.1, 0.2, 0.15))
    assert ends.method == SEEDS
    assert (found.chance.low, found.n) == (pytest.approx(wilson(3, 20).low), 20)


def test_differences_are_paired_by_seed_and_the_focus_comes_first():
    judged = judge(experiment(), three_seeds(), CLASSES)
    assert next(iter(judged.differences)) == "focus_recall"
    found = judged.differences["focus_recall"][0]
    assert (found.arm, found.test) == ("refilled", "paired t")
    assert found.figure.each == pytest.approx((0.4, 0.5, 0.5))
    assert found.figure.interval.low > 0
    assert found.p == found.p_holm < 0.01


def test_one_seed_has_intervals_over_test_images_and_mcnemars_test():
    trials = [trial("starved", 0, 2), trial("refilled", 0, 10)]
    judged = judge(experiment(seeds=[0]), trials, CLASSES)
    assert judged.arms[0].whole["balanced_accuracy"].interval.method == DRAWS
    found = judged.differences["accuracy"][0]
    assert (found.test, found.p) == ("McNemar, exact", pytest.approx(2 / 2**8))
    drawn = judged.differences["macro_f1"][0]
    assert (drawn.test, drawn.p_holm < 0.001) == (DRAWS, True)
    assert any("one seed" in note for note in judged.notes)


def test_holm_corrects_over_the_arms_that_are_compared():
    arms = [{"name": name, "parts": [{"set": "real"}]} for name in ("starved", "b", "c")]
    trials = [trial(name, seed, n + seed) for name, n in (("starved", 2), ("b", 9), ("c", 3))
              for seed in (0, 1)]  # fmt: skip
    trials[-1] = trial("c", 1, 6)
    rows = judge(experiment(arms=arms, seeds=[0, 1]), trials, CLASSES).differences["focus_recall"]
    assert rows[1].p_holm == rows[1].p  # b always 7 cats ahead: no spread, no test
    assert rows[0].p is None
    assert rows[0].figure.interval is None


def test_what_went_otherwise_is_noted():
    looks = [Look(100, 1.0, 1.0, 0.5, 0.5)]
    trials = [trial("starved", 0, 2, looks=looks, short=("sd: 3 of 9 images of cat",))]
    notes = " | ".join(judge(experiment(), trials, CLASSES).notes)
    assert "stopped early after 100 of 1,000 updates" in notes
    assert "3 of 9 images of cat" in notes
    assert "refilled: no result for seed 0, 1, 2" in notes


def test_a_class_without_test_images_is_null_in_json_and_noted():
    labels = np.repeat([0, 1], 10)
    trials = [trial(arm, 0, 3, labels=labels) for arm in ("starved", "refilled")]
    judged = judge(experiment(seeds=[0]), trials, CLASSES)
    found = json.loads(dump(judged))
    assert found["arms"][0]["classes"]["recall"][2]["value"] is None
    assert found["arms"][0]["curves"]["roc"][2][0] is None
    assert "no test images of eel" in found["notes"][0]


def test_tables_have_a_row_an_arm_and_a_row_an_arm_and_class():
    judged = judge(experiment(), three_seeds(), CLASSES)
    arms, classes = make_arm_rows(judged), make_class_rows(judged)
    assert [row["train_sd"] for row in arms] == [0, 45]
    assert arms[0]["difference_focus_recall"] is None
    assert arms[1]["difference_focus_recall"] == pytest.approx(7 / 15, abs=1e-5)
    assert [(row["arm"], row["class"]) for row in classes[:4]] == [
        ("starved", "cat"), ("starved", "dog"), ("starved", "eel"), ("refilled", "cat")
    ]  # fmt: skip
    assert classes[3]["train_sd"] == 45


def test_of_many_classes_the_focus_and_the_worst_are_shown():
    labels, names = np.repeat(np.arange(60), 2), [f"c{i}" for i in range(60)]
    shares = np.eye(60, dtype=np.float32)[np.where(labels >= 50, 0, labels)]
    found = Trial("starved", 0, labels, shares, {"real": np.full(60, 9)})
    changes = {"focus": ["c7"], "real": {"train": {"kind": "digits"}}, "seeds": [0]}
    judged = judge(experiment(**changes), [found], names)
    assert judged.shown[0] == 7
    assert set(range(50, 60)) <= set(judged.shown)
    assert len(judged.shown) == 31


def test_trials_that_do_not_fit_are_refused():
    with pytest.raises(UsageError, match="no trial yet"):
        judge(experiment(), [], CLASSES)
    with pytest.raises(UsageError, match="no such arm"):
        judge(experiment(), [trial("gan", 0, 1)], CLASSES)
    with pytest.raises(UsageError, match="twice"):
        judge(experiment(), [trial("starved", 0, 1)] * 2, CLASSES)
    with pytest.raises(UsageError, match="no class 'cat'"):
        judge(experiment(), [trial("starved", 0, 1)], ("cats", "dog", "eel"))
    others = [trial("starved", 0, 1), trial("refilled", 0, 1, labels=LABELS[::-1])]
    with pytest.raises(UsageError, match="different images"):
        judge(experiment(), others, CLASSES)


def test_means_over_some_of_the_classes_say_so_and_others_do_not():
    trials = [trial(arm, 0, 3, labels=np.repeat([0, 1], 10)) for arm in ("starved", "refilled")]
    judged = judge(experiment(seeds=[0], focus=["cat", "eel"]), trials, CLASSES)
    assert judged.over("balanced_accuracy") == judged.over("macro_f1") == " over 2 of 3 classes"
    assert judged.over("focus_recall") == " over 1 of 2 classes"
    assert judged.over("accuracy") == judged.over("ece") == judged.over("recall of cat") == ""
    assert judged.mean_of_classes == "mean of classes over 2 of 3 classes"
    assert judge(experiment(), three_seeds(), CLASSES).over("macro_f1") == ""


def test_a_judgement_is_read_back_as_it_was_written():
    judged = judge(experiment(), three_seeds(), CLASSES)
    text = dump(judged)
    again = load(Judgement, text, "judgement.json")
    assert dump(again) == text
    assert (again.arms[1].whole, again.leaders) == (judged.arms[1].whole, judged.leaders)
    assert (again.differences, again.correction) == (judged.differences, CORRECTION)
    np.testing.assert_array_equal(again.arms[0].confusion, judged.arms[0].confusion)


def test_what_does_not_exist_is_null_and_read_back_as_nothing():
    trials = [trial(arm, 0, 3, labels=np.repeat([0, 1], 10)) for arm in ("starved", "refilled")]
    judged = judge(experiment(seeds=[0]), trials, CLASSES)
    again = load(Judgement, dump(judged), "judgement.json")
    assert again.arms[0].classes["recall"][2].value is None
    assert np.isnan(again.arms[0].curves.roc[2]).all()


def test_an_arm_is_compared_with_its_own_control_whatever_the_base_is():
    arms = [
        {"name": "starved", "parts": [{"set": "real"}]},
        {
            "name": "refilled",
            "parts": [{"set": "real"}, {"set": "sd", "classes": ["$cut"]}],
            "control": True,
        },
    ]
    more = [trial("refilled-control", seed, n) for seed, n in enumerate((8, 13, 12))]
    judged = judge(experiment(arms=arms), [*three_seeds(), *more], CLASSES)
    found = judged.gains["focus_recall"]
    assert [one.arm for one in found] == ["refilled"]
    assert found[0].figure.each == pytest.approx((0.1, 0.05, 0.05))
    assert judged.arms[1].control == "refilled-control"
    assert len(judged.differences["focus_recall"]) == 2  # with the base, as ever


def test_what_the_source_tells_of_the_class_is_measured_by_what_is_drawn():
    by_images = judge(experiment(), three_seeds(), CLASSES)
    assert by_images.arms[0].leak.bits == pytest.approx(0)
    assert by_images.arms[1].leak.bits > 0.5  # nearly every cat is generated, and nothing else
    even = {"real": np.array([5, 5, 5]), "sd": np.array([2, 2, 2])}
    trials = [trial("starved", 0, 2, draws=even), trial("refilled", 0, 10, draws=even)]
    assert judge(experiment(seeds=[0]), trials, CLASSES).arms[1].leak.bits == pytest.approx(0)


def probed(area):
    return SourceProbe({0: Interval(area, area - 0.1, min(1.0, area + 0.1))}, skipped=2)


def test_an_arm_leaks_where_the_source_tells_the_class_and_the_features_tell_the_source():
    def verdict(probe, prior="none", **draws):
        arms = [{"name": "starved", "parts": [{"set": "real"}], "loss": {"prior": prior}}]
        even = {name: np.array(one) for name, one in draws.items()}
        found = trial("starved", 0, 2, draws=even, source_probe=probe)
        return judge(experiment(arms=arms, seeds=[0]), [found], CLASSES).arms[0].leak.verdict

    uneven = {"real": [1, 9, 9], "sd": [8, 1, 1]}
    assert verdict(probed(0.9), **uneven) == "leak"
    assert verdict(probed(0.9), "source", **uneven) == "balanced"
    assert verdict(None, **uneven) == "possible"
    assert verdict(probed(0.5), **uneven) == ""
    assert verdict(probed(0.9), real=[9, 9, 9], sd=[1, 1, 1]) == ""


def test_the_area_of_an_arm_is_the_mean_of_the_seeds_that_were_probed():
    trials = [trial("starved", 0, 2, source_probe=probed(0.9)), trial("starved", 1, 2)]
    alone = judge(experiment(seeds=[0, 1]), trials, CLASSES).arms[0].leak
    assert (alone.auc.value, alone.auc.interval.method) == (pytest.approx(0.9), PROBED)
    assert (alone.probed, alone.skipped) == (1, 2)
    trials[1] = trial("starved", 1, 2, source_probe=probed(0.8))
    both = judge(experiment(seeds=[0, 1]), trials, CLASSES)
    assert both.arms[0].leak.auc.value == pytest.approx(0.85)
    assert both.arms[0].leak.auc.interval.method == SEEDS
    assert make_arm_rows(both)[0]["source_auc"] == pytest.approx(0.85)
    assert load(Judgement, dump(both), "judgement.json").arms[0].leak == both.arms[0].leak


PAIR = [
    {"name": "starved", "parts": [{"set": "real"}]},
    {"name": "refilled", "parts": [{"set": "real"}, {"set": "sd"}], "control": "starved"},
]


def judged(trials):
    return judge(experiment(arms=PAIR, real={"train": {"kind": "digits"}}), trials, CLASSES)


def test_a_gain_beyond_chance_helps():
    found = judged(three_seeds())
    assert (found.answer.verdict, found.answer.arm, found.answer.control) == (
        "helps",
        "refilled",
        "starved",
    )
    assert (found.answer.beside, found.answer.seeds) == ("starved", None)
    short, rest = write_answer(found)
    assert short == "Generated images help."
    assert "Refilled, compared with starved: +" in rest
    assert "best arm without generated images is starved" in rest


def test_the_answer_is_the_best_arm_and_not_the_largest_gain():
    both = [{"set": "real"}, {"set": "sd"}]
    arms = [*PAIR, {"name": "free", "parts": both[:1]}]
    arms.append({"name": "joined", "parts": both, "control": "free"})
    cats = {"starved": (2, 4, 3), "refilled": (9, 11, 11), "free": (10, 12, 11)}
    cats["joined"] = (13, 15, 15)
    trials = [trial(arm, seed, n) for arm, each in cats.items() for seed, n in enumerate(each)]
    alone = {"train": {"kind": "digits"}}
    found = judge(experiment(arms=arms, real=alone), trials, CLASSES).answer
    assert (found.verdict, found.arm, found.control) == ("helps", "joined", "free")


def test_a_loss_beyond_chance_hurts():
    swapped = [trial("refilled" if t.arm == "starved" else "starved", t.seed, n) for t, n in zip(
        three_seeds(), (2, 4, 3, 10, 14, 13), strict=True
    )]  # fmt: skip
    assert judged(swapped).answer.verdict == "hurts"


def test_what_may_be_chance_says_how_many_seeds_would_tell():
    cats = {"starved": (8, 12, 10), "refilled": (12, 12, 14)}
    found = judged([trial(arm, s, n) for arm, all in cats.items() for s, n in enumerate(all)])
    assert found.answer.verdict == "unknown"
    gain = found.answer.gain
    half = (gain.interval.high - gain.interval.low) / 2
    assert found.answer.seeds == pytest.approx(3 * (half / gain.value) ** 2, abs=0.5)
    assert f"{found.answer.seeds} seeds would distinguish" in write_answer(found)[1]


def test_without_a_control_there_is_no_answer():
    found = judge(experiment(), three_seeds(), CLASSES)
    assert (found.answer, write_answer(found)) == (None, None)


def test_seeds_that_agree_on_the_use_of_a_source_keep_their_own_interval():
    use = TrialSourceUse("sd", "cat", Interval(0.0, -0.02, 0.02))
    trials = [
        replace(one, source_use=use if one.arm == "refilled" else None) for one in three_seeds()
    ]
    found = judge(experiment(), trials, CLASSES).arms[1].leak.use
    assert (found.excess.value, found.control.value) == (0.0, None)
    ends = found.excess.interval
    assert (ends.low, ends.high, ends.method) == (-0.02, 0.02, ASKED)


def test_what_a_choice_adds_is_told_but_answers_nothing_about_generated_images():
    chosen = {"set": "sd", "per_class": 45, "choose": "hard"}
    arms = [
        {"name": "starved", "parts": [{"set": "real"}]},
        {"name": "chosen", "parts": [{"set": "real"}, chosen], "control": "refilled"},
        {"name": "refilled", "parts": [{"set": "real"}, {"set": "sd", "per_class": 45}]},
    ]
    trials = [*three_seeds(), *(trial("chosen", seed, n) for seed, n in enumerate((12, 15, 14)))]
    found = judge(experiment(arms=arms), trials, CLASSES)
    assert [row.arm for row in found.gains["focus_recall"]] == ["chosen"]
    assert found.answer is None
    assert describe_training(found.arms[1], found)[-1] == (
        "sd chosen by recognition with the smallest margin; judge: trained on its earlier parts"
    )
