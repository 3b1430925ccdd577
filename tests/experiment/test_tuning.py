import json

import pytest

from synthset.errors import RecipeError
from synthset.experiment import trials, tuning
from synthset.experiment.preview import preview
from synthset.experiment.run_experiment import run_experiment
from synthset.recipe.experiment import load_experiment


@pytest.fixture
def tuned(content):
    """One arm on its control, with two shares to choose from, and enough images to choose by."""
    content["real"] |= {"val_fraction": 0.5, "cut_validation": False}
    content["arms"] = [
        {
            "name": "mixed",
            "parts": [{"set": "real"}, {"set": "made"}],
            "draws": {
                "real": {"share": 0.5, "classes": {"$cut": [0.1, 0.5]}},
                "made": {"share": 0.5},
            },
            "control": True,
        }
    ]
    content["training"]["updates"] = 6
    content["seeds"] = [0]
    return content


def test_each_arm_and_its_control_choose_their_draws_and_tell_of_every_candidate(world, tuned):
    done = run_experiment(tuned, "pets", workers=1)
    for trial, arm in zip(done.trials, done.judgement.arms, strict=True):
        (found,) = arm.tunings
        figures = [one.figure for one in found.candidates]
        assert found.chosen == figures.index(max(figures))
        assert [one.text for one in found.candidates] == ["cat in real 10 %", "cat in real 50 %"]
        shares = trial.draws["real"] / trial.draws["real"].sum()
        assert shares[0] == pytest.approx([0.1, 0.5][found.chosen], abs=1e-3)
        assert found.images == 10
    assert "Draws that validation chose" in done.page.read_text()


def test_no_candidate_reads_the_test_and_the_chosen_one_is_trained_once(world, tuned, monkeypatch):
    asked, real = [], trials.train_and_ask
    monkeypatch.setattr(trials, "train_and_ask", lambda *a: asked.append(a[1]) or real(*a))
    monkeypatch.setattr(tuning, "train_and_ask", lambda *a: asked.append(a[1]) or real(*a))
    run_experiment(tuned, "pets", workers=1)
    assert [len(one) for one in asked] == [20] * 4 + [12] * 2
    places = list((world / "pets" / "trials").iterdir())
    assert (len(places), sum((one / "trial.json").exists() for one in places)) == (4, 2)
    run_experiment(tuned, "pets", workers=1)
    assert len(asked) == 6


@pytest.mark.parametrize(
    ("by", "chosen"), [("average_precision", 0), ("f1", 1), ("accuracy", 2), ("matched_f1", 0)]
)
def test_the_measure_decides_and_of_equal_ones_the_first(world, tuned, monkeypatch, by, chosen):
    tuned["arms"][0]["draws"]["real"]["classes"] = {"$cut": [0.1, 0.5, 0.3]}
    tuned["tuned_by"] = by
    said = {0.1: (0.7, 0.1, 0.1), 0.5: (0.7, 0.3, 0.2), 0.3: (0.2, 0.3, 0.9)}

    def told(job, _):
        precision, f1, accuracy = said[job.arm.draws["real"].classes["cat"]]
        classes = {"average_precision": [precision, 1], "f1": [f1, 0], "matched_f1": [precision, 1]}
        job.folder.mkdir(parents=True)
        figures = {"whole": {"accuracy": accuracy}, "classes": classes, "seconds": 1}
        (job.folder / tuning.FIGURES).write_text(json.dumps(figures))

    monkeypatch.setattr(tuning, "try_candidate", told)
    done = run_experiment(tuned, "pets", workers=1)
    assert [one.tunings[0].chosen for one in done.judgement.arms] == [chosen, chosen]


def test_too_few_validation_images_are_refused_before_any_training(world, tuned):
    tuned["real"]["cut_validation"] = True
    said = r"arms\[0\]\.draws: 4 validation images of 'cat' \(seed 0\) .*cut_validation: false"
    with pytest.raises(RecipeError, match=said):
        run_experiment(tuned, "pets", workers=1)
    with pytest.raises(RecipeError, match=said):
        list(preview(load_experiment(tuned)))
    assert not (world / "pets" / "trials").exists()


def test_the_plan_counts_the_candidates(world, tuned):
    last = list(preview(load_experiment(tuned)))[-1]
    assert last.startswith("trainings: 4 (2 arms × 1 seeds, and 2 more draws to choose from × 1")


def test_the_smaller_budget_takes_the_draws_that_the_full_one_chose(world, tuned, monkeypatch):
    tried, real = [], tuning.try_candidate
    monkeypatch.setattr(tuning, "try_candidate", lambda *a: tried.append(a[0]) or real(*a))
    tuned["smaller_budget"] = {"share": 0.5}
    assert list(preview(load_experiment(tuned)))[-1] == (
        "smaller budget: 2 more trainings (2 arms × 1 seeds), 3 updates each"
    )
    done = run_experiment(tuned, "pets", workers=1)
    assert {job.size for job in tried} == {6}
    for trial in done.trials:
        folders = (world / "pets" / "trials").glob(f"{trial.arm}-s0-*/trial.json")
        shares = [json.loads(one.read_text())["draws"]["real"] for one in folders]
        assert shares == [trial.draws["real"].tolist()] * 2
