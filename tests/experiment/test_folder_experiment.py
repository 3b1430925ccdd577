"""From a folder to an experiment."""

import shutil

import pytest
from typer.testing import CliRunner

from synthset.cli.app import app
from synthset.errors import UsageError
from synthset.experiment import folder_experiment
from synthset.experiment.folder_experiment import open_experiment, plan_experiment
from synthset.experiment.run_experiment import claim_folder
from synthset.recipe.reading import holds_images
from synthset.recipe.training import SmallResNet, Training
from synthset.training.speed import measure_speed

FAST = 1e5  # images a second


@pytest.fixture
def at_speed(monkeypatch):
    """The speed of this machine, and one worker."""

    def set_speed(speed):
        monkeypatch.setattr(folder_experiment, "measure_speed", lambda *_: speed)
        monkeypatch.setattr(folder_experiment, "count_workers", lambda *_: 1)

    return set_speed


def test_time_decides_updates_and_then_seeds(world, at_speed):
    at_speed(FAST)
    rich = plan_experiment("real")
    assert (rich.settings["training"]["updates"], len(rich.settings["seeds"])) == (150, 5)
    at_speed(100)
    poor = plan_experiment("real", minutes=1)
    assert len(poor.settings["seeds"]) == 3
    trainings = 3 * len(poor.settings["arms"])
    seconds = trainings * 150 * poor.settings["training"]["batch_size"] / 100 / 0.7
    assert poor.minutes == pytest.approx(seconds / 60)
    assert any(f"about {round(seconds / 60)} minutes" in line for line in poor.said)


def test_half_the_training_is_tried_with_as_many_seeds_as_there_is_time_for(world, at_speed):
    at_speed(100)
    arms, each = 2, 150 * 64 / (60 * 0.7 * 100)  # minutes of a training with the fewest updates
    for again, settings in ((5, {"share": 0.5}), (1, {"share": 0.5, "seeds": 1}), (0, None)):
        minutes = (arms * 5 + 0.5 * arms * again) * each
        found = plan_experiment("real", minutes=minutes + 0.01)
        assert found.settings.get("smaller_budget") == settings
        assert (found.settings["training"]["updates"], found.minutes) == (
            150,
            pytest.approx(minutes),
        )
        assert (f", and {arms * again} of half the updates" in found.said[1]) == bool(again)


def test_splits_of_the_folder_are_those_of_the_experiment(world, at_speed):
    at_speed(FAST)
    for split, place in (("train", "real"), ("test", "test")):
        shutil.copytree(world / place, world / "both" / split)
    real = plan_experiment("both").settings["real"]
    assert [path["split"] for path in real["train"]["paths"]] == ["train"]
    assert [path["split"] for path in real["test"]["paths"]] == ["test"]


def test_what_a_folder_began_is_gone_on_with(world, at_speed):
    at_speed(FAST)
    opened = open_experiment("real", None, ["made"], overrides=["training.updates=4"])
    assert opened.folder.name == "real-experiment"
    assert opened.settings["training"]["updates"] == opened.experiment.training.updates == 4
    with claim_folder(opened.folder, opened.experiment):
        pass
    again = open_experiment("real", None, ["made"])
    assert (again.experiment, again.settings) == (opened.experiment, None)
    with pytest.raises(UsageError, match=r"real-experiment: holds an experiment on other images"):
        open_experiment("made", opened.folder)


def test_a_shipped_name_goes_on_with_its_own_folder_and_takes_other_folders_for_images(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "imbalance-digits"
    (place / "sets" / "gan").mkdir(parents=True)
    (place / "experiment.json").write_text('{"format": 1, "name": "imbalance-digits"}')
    again = CliRunner().invoke(app, ["experiment", "imbalance-digits", "--plan"])
    assert "trainings: " in again.output
    (place / "experiment.json").unlink()
    assert holds_images("imbalance-digits")


def test_speed_is_measured_on_this_machine():
    model, training = SmallResNet(kind="small_resnet", width=4), Training(batch_size=4)
    assert measure_speed(model, training, 16, 2) > 0


def test_options_for_folders_are_refused_for_files():
    for words in (["--synthetic", "made"], ["--minutes", "3"]):
        refused = CliRunner().invoke(app, ["experiment", "imbalance-digits", "--plan", *words])
        assert "would have no effect" in str(refused.exception)
