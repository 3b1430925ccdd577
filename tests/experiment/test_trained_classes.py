"""Trials of an experiment as tables of classes."""

from dataclasses import replace

import numpy as np
import pytest

from synthset.errors import DatasetError
from synthset.experiment.table_statistics import compute_statistics
from synthset.experiment.trained_classes import read_experiment
from synthset.experiment.trials import write_trial
from synthset.recipe.experiment import load_experiment
from synthset.results.trial import Trial

CONTENT = {
    "name": "pets",
    "real": {"train": {"kind": "images", "paths": [{"path": "real"}]}},
    "sets": {"made": {"kind": "images", "paths": [{"path": "made"}]}},
    "arms": [
        {"name": "few", "parts": [{"set": "real"}]},
        {"name": "filled", "parts": [{"set": "real"}, {"set": "made"}]},
    ],
    "seeds": [0, 1],
}


def trial(arm, seed, counts):
    """Of classes 0 to 3, two test images each; class 1 is taken for 0 once."""
    labels = np.repeat(np.arange(4), 2)
    said = np.eye(4, dtype=np.float32)[[0, 0, 1, 0, 2, 2, 3, 3]]
    return Trial(arm, seed, labels, said, {"real": np.array(counts)})


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "experiment.yaml").write_text(load_experiment(CONTENT).to_yaml())
    write_trial(tmp_path / "trials" / "filled-s0", trial("filled", 0, [6, 7, 8, 9]))
    write_trial(tmp_path / "trials" / "few-s0", trial("few", 0, [1, 2, 3, 0]))
    write_trial(tmp_path / "trials" / "few-s1", trial("few", 1, [1, 1, 1, 1]))
    write_trial(tmp_path / "trials" / "gone-s0", trial("gone", 0, [1, 1, 1, 1]))
    return tmp_path


def test_each_trial_is_a_row_and_the_base_arm_its_baseline(folder):
    found = compute_statistics([str(folder)])
    assert [one.name for one in found] == ["few, seed 0", "few, seed 1", "filled, seed 0"]
    assert [one.baseline for one in found] == ["", "", "few, seed 0"]
    assert [one.statistics.images for one in found] == [6, 4, 30]
    assert found[0].statistics.coverage == 3
    assert found[0].statistics.figures["accuracy"].value == pytest.approx(3.5 / 4)
    against = found[2].statistics.figures["count_baseline_count"].value
    assert against == pytest.approx(np.corrcoef([6, 7, 8, 9], [1, 2, 3, 0])[0, 1])


def test_of_an_arm_that_was_trained_twice_the_newest_counts_and_that_is_said(folder):
    write_trial(folder / "trials" / "few-s1-other", trial("few", 1, [5, 5, 5, 5]))
    table, _ = read_experiment(folder)[1]
    assert table.figures.counts.sum() == 20
    assert table.notes == ("trained more than once, with different settings; this is the newest",)


def test_a_folder_without_an_experiment_or_a_trial_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"no experiment.yaml; name a CSV table"):
        read_experiment(tmp_path)
    (tmp_path / "experiment.yaml").write_text(load_experiment(CONTENT).to_yaml())
    with pytest.raises(DatasetError, match="no finished trial"):
        read_experiment(tmp_path)


def test_means_over_the_tested_classes_are_named_as_such(folder):
    some = replace(trial("few", 1, [1] * 4), labels=np.repeat([0, 1, 1, 2], 2))
    write_trial(folder / "trials" / "few-s1", some)
    notes = {one.name: one.notes for one in compute_statistics([str(folder)])}
    assert notes["few, seed 1"] == (
        "means are over 3 of 4 classes, as the others have no test image",
    )
    assert notes["few, seed 0"] == ()
