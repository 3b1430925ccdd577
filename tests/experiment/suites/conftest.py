"""Trials on the small world of three colours."""

import pytest

from synthset.experiment.run_experiment import claim_folder, train
from synthset.experiment.sets import Sets
from synthset.experiment.suites.run_suites import open_suites
from synthset.machine import Silent
from synthset.recipe.experiment import load_experiment


def images(root, place):
    return {"kind": "images", "paths": [{"path": str(root / place)}]}


@pytest.fixture
def content(colours, tmp_path, monkeypatch):
    """An experiment on that world, with no suites yet."""
    monkeypatch.chdir(tmp_path)
    return experiment(colours)


def experiment(root):
    return {
        "name": "colours",
        "real": {"train": images(root, "real"), "test": images(root, "test")},
        "sets": {"made": images(root, "made")},
        "arms": [
            {"name": "real", "parts": [{"set": "real"}]},
            {"name": "mixed", "parts": [{"set": "real", "per_class": 4}, {"set": "made"}]},
        ],
        "model": {"kind": "small_resnet", "width": 16},
        "preprocessing": {"size_px": 8},
        "training": {"updates": 40, "batch_size": 8, "learning_rate": 0.05, "device": "cpu"},
        "seeds": [0],
        "explain": 0,
    }


@pytest.fixture(scope="session")
def trained(colours, tmp_path_factory):
    """Opens suites on finished trials of both arms: `trained({...})` gives suites and jobs."""
    folder, known = tmp_path_factory.mktemp("trials") / "colours", {}

    def opened(suites, *, published=False, **changes):
        loaded = load_experiment({**experiment(colours), "suites": suites, **changes})
        sets = Sets(folder, loaded, Silent())
        with claim_folder(folder, loaded):
            jobs = known.get(str(changes)) or train(sets, 1)
        known[str(changes)] = jobs
        found = open_suites(sets, "published" if published else "corrected")
        return {suite.name: suite for suite in found}, jobs

    return opened


@pytest.fixture
def no_pages(monkeypatch):
    """Leaves out the pages, whose figures take most of a small benchmark's time."""
    for name in ("write_experiment_page", "write_benchmark_page"):
        place = f"synthset.experiment.run_experiment.{name}"
        monkeypatch.setattr(place, lambda folder, *rest: folder)
