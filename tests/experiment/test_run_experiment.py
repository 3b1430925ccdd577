import json
import os

import numpy as np
import pytest
from kills import Killed, kill_at

from synthset.errors import DatasetError, RecipeError, StageError
from synthset.experiment import trials
from synthset.experiment.run_experiment import claim_folder, run_experiment
from synthset.recipe.experiment import load_experiment


@pytest.fixture
def trained(monkeypatch):
    """Names of the trainings that are really done."""
    done, real = [], trials.run_trial

    def told(job, advance):
        done.append((job.arm.name, job.seed))
        real(job, advance)

    monkeypatch.setattr("synthset.experiment.trials.run_trial", told)
    return done


def test_every_arm_is_trained_with_every_seed_and_tested_on_the_same_images(world, content):
    done = run_experiment(content, "pets", workers=1)
    assert [(one.arm, one.seed) for one in done.trials] == [
        ("few", 0),
        ("filled", 0),
        ("few", 1),
        ("filled", 1),
    ]
    for one in done.trials:
        assert one.probabilities.shape == (12, 2)
        np.testing.assert_allclose(one.probabilities.sum(axis=1), 1, atol=1e-5)
        assert [look.update for look in one.looks] == [6, 12]
    assert {name: one.tolist() for name, one in done.trials[1].counts.items()} == {
        "real": [4, 18],
        "made": [14, 0],
    }
    assert done.page.is_file()
    assert "filled" in done.page.read_text()


def test_what_is_trained_is_not_trained_again(world, content, trained):
    first = run_experiment(content, "pets", workers=1)
    assert len(trained) == 4
    content["arms"].append(
        {"name": "more", "parts": [{"set": "real"}, {"set": "made", "ratio": 1.0}]}
    )
    again = run_experiment(content, "pets", workers=1)
    assert trained[4:] == [("more", 0), ("more", 1)]
    np.testing.assert_array_equal(first.trials[0].probabilities, again.trials[0].probabilities)


def test_another_budget_trains_anew_beside_the_old(world, content, trained):
    run_experiment(content, "pets", workers=1)
    run_experiment(content, "pets", overrides=["training.updates=6"], workers=1)
    assert len(trained) == 8
    assert len(list((world / "pets" / "trials").iterdir())) == 8


def test_a_moved_experiment_goes_on_with_the_sets_it_made(world, content, trained):
    content["sets"]["copies"] = {
        "kind": "recipe",
        "recipe": {
            "classes": ["cat"],
            "source": {"kind": "augment", "paths": [{"path": "$real"}]},
            "images_per_class": 20,
        },
    }
    content["arms"][1]["parts"][1]["set"] = "copies"
    run_experiment(content, "pets", workers=1)
    made = sorted(path.name for path in (world / "pets" / "sets").iterdir())
    (world / "pets").rename(world / "moved")
    run_experiment(content, "moved", workers=1)
    assert sorted(path.name for path in (world / "moved" / "sets").iterdir()) == made
    assert len(trained) == 4


def test_an_arm_that_lacks_a_class_is_judged_all_the_same(world, content):
    content["arms"][1] = {
        "name": "cats",
        "parts": [{"set": "made", "classes": ["cat"]}],
        "loss": {"class_weights": "balanced", "sampling": "balanced"},
    }
    content["seeds"] = [0]
    done = run_experiment(content, "pets", workers=1)
    trial = done.trials[1]
    assert list(trial.short) == ["there is no image of 'dog'"]
    assert np.isfinite(trial.probabilities).all()
    assert "cats, seed 0: there is no image of &#39;dog&#39;" in done.page.read_text()


def test_two_processes_give_what_one_gives(world, content):
    content["seeds"] = [0]
    one = run_experiment(content, "one", workers=1)
    two = run_experiment(content, "two", workers=2)
    for mine, other in zip(one.trials, two.trials, strict=True):
        np.testing.assert_array_equal(mine.probabilities, other.probabilities)


def test_pretraining_shares_the_budget(world, content):
    content["arms"] = [
        {"name": "tuned", "pretrain": [{"set": "made"}], "parts": [{"set": "real"}]},
    ]
    (one, _) = run_experiment(content, "pets", workers=1).trials
    assert one.pretrain_counts["made"].tolist() == [30, 30]
    assert [look.stage for look in one.looks] == ["pretrain", "train"]


def test_a_set_is_made_by_its_recipe_from_the_real_images_of_the_split(world, content):
    content["sets"] = {
        "changed": {
            "kind": "recipe",
            "recipe": {
                "classes": {"kind": "source"},
                "source": {"kind": "augment", "paths": [{"path": "$real"}]},
                "images_per_class": 16,
            },
        }
    }
    content["arms"][1]["parts"][1]["set"] = "changed"
    content["seeds"] = [0]
    done = run_experiment(content, "pets", workers=1)
    assert done.trials[1].counts["changed"].tolist() == [14, 0]
    (place,) = (world / "pets" / "sets").iterdir()
    assert (place / "report" / "index.html").is_file()


def test_a_folder_with_other_things_is_left_alone(world, content):
    with pytest.raises(DatasetError, match=r"real: contains cat, dog but no experiment.json"):
        run_experiment(content, "real")


def test_a_wrong_recipe_of_a_set_is_told_before_any_training(world, content, trained):
    content["sets"]["made"] = {"kind": "recipe", "recipe": {"classes": ["cat"], "source": {}}}
    with pytest.raises(RecipeError, match=r"sets.made.recipe.source"):
        run_experiment(content, "pets", workers=1)
    assert trained == []


def test_the_result_of_a_trial_reads_back_as_it_was(world, content):
    content["seeds"] = [0]
    done = run_experiment(content, "pets", workers=1)
    folder = next((world / "pets" / "trials").glob("few-*"))
    facts = json.loads((folder / "trial.json").read_text())
    assert facts["arm"] == "few"
    assert facts["chosen"] == done.trials[0].chosen


def test_right_and_wrong_answers_are_explained_once(world, content):
    content |= {"seeds": [0], "explain": 4}
    content["preprocessing"] = {"size_px": 16}
    done = run_experiment(content, "pets", workers=1)
    page = done.page.read_text()
    (kept,) = (world / "pets" / "trials").glob("filled-*/cases-*.json")
    found = json.loads(kept.read_text())
    assert 1 <= len(found) <= 4
    assert {one["label"] for one in found} == {"cat"}
    assert all(len(one["nearest"]) == 4 and one["overlay"]["png"] for one in found)
    assert {near["origin"] for one in found for near in one["nearest"]} <= {"real", "made"}
    before = kept.stat().st_mtime_ns
    assert run_experiment(content, "pets", workers=1).page.read_text() == page
    assert kept.stat().st_mtime_ns == before


def test_a_kill_at_the_first_writes_of_a_new_experiment_leaves_one_that_goes_on(
    tmp_path, content, monkeypatch
):
    asked = load_experiment(content)
    for write in (1, 2, 3):
        with monkeypatch.context() as killing:
            kill_at(killing, write)
            with pytest.raises(Killed), claim_folder(tmp_path / "e", asked):
                pass
    with claim_folder(tmp_path / "e", asked):
        there = [".lock", ".lock-holder", "experiment.json", "experiment.yaml"]
        assert sorted(os.listdir(tmp_path / "e")) == there


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source": {"kind": "shapes", "fail_every": 1}}, "images: none of 4 could be made"),
        (
            {
                "scores": [{"kind": "quality"}],
                "selection": {
                    "steps": [{"kind": "limits", "limits": {"quality_brightness": {"max": -1}}}]
                },
            },
            r"sets\.made: none of 4 images was kept; .*change the selection",
        ),
    ],
)
def test_a_set_of_nothing_is_a_failure(world, content, changes, words):
    recipe = {"classes": ["cat", "dog"], "source": {"kind": "shapes"}, "images_per_class": 2}
    content["sets"]["made"] = {"kind": "recipe", "recipe": recipe | changes}
    with pytest.raises(StageError, match=words):
        run_experiment(content, "pets", workers=1)


def test_a_smaller_budget_trains_only_what_it_adds_and_changes_no_name(world, content, trained):
    alone = run_experiment(content, "pets", workers=1)
    before = {place: place.stat().st_mtime_ns for place in (world / "pets" / "trials").iterdir()}
    content["smaller_budget"] = {"share": 0.5}
    both = run_experiment(content, "pets", workers=1)
    assert sorted(trained[4:]) == sorted(trained[:4])
    assert (
        before.items()
        <= {
            place: place.stat().st_mtime_ns for place in (world / "pets" / "trials").iterdir()
        }.items()
    )
    for one, other in zip(alone.trials, both.trials, strict=True):
        np.testing.assert_array_equal(one.probabilities, other.probabilities)
    found = both.judgement.budgets
    assert (found.smaller, found.full, found.seeds) == (6, 12, (0, 1))


def test_a_smaller_budget_is_a_training_of_its_own_that_decays_to_its_end(world, content, trained):
    content["smaller_budget"] = {"share": 0.5, "seeds": 1}
    both = run_experiment(content, "pets", workers=1)
    assert len(trained) == 6
    content.pop("smaller_budget")
    short = run_experiment(content, "pets", overrides=["training.updates=6"], workers=1)
    assert len(trained) == 8  # those of the other seed: the first was trained so already
    for arm in short.judgement.arms:
        found = both.judgement.budgets.figures["accuracy"][arm.name].smaller
        assert found.each == arm.whole["accuracy"].each[:1]
