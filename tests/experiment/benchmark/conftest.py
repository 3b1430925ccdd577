"""A small world of three colours, and trials on it."""

import pytest
from small_images import png

from synthset.experiment.run_experiment import claimed, train
from synthset.experiment.sets import Sets
from synthset.experiment.splits import read_real
from synthset.experiment.suites.opening import open_suites
from synthset.machine import Silent
from synthset.recipe.experiment import load_experiment

COLOURS = {"cat": (200, 0), "dog": (0, 200), "fox": (100, 100)}
SIZES = {"real": 16, "test": 6, "made": 12, "other": 5}


@pytest.fixture(scope="session")
def colours(tmp_path_factory):
    """Folders real/, test/, made/ and other/ with cats, dogs and foxes; `other` has no fox, but
    two cows, and is darker."""
    root = tmp_path_factory.mktemp("colours")
    for number, (place, count) in enumerate(SIZES.items()):
        for name, (red, green) in COLOURS.items():
            called = "cow" if (place, name) == ("other", "fox") else name
            folder = root / place / called
            folder.mkdir(parents=True)
            for i in range(2 if called == "cow" else count):
                dark = 0.7 if place == "other" else 1
                made = png(int(dark * red) + i, int(dark * green), 10 * number + i)
                (folder / f"{i}.png").write_bytes(made)
    return root


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
        "model": {"kind": "cnn", "blocks": 1, "width": 8, "dropout": 0},
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
        real = read_real(loaded.real)
        with claimed(folder, loaded):
            jobs = known.setdefault(str(changes), None) or train(
                Sets(folder, loaded, real, Silent()), 1
            )
        known[str(changes)] = jobs
        found = open_suites(loaded, real, published)
        return {suite.name: suite for suite in found}, jobs

    return opened


@pytest.fixture
def no_pages(monkeypatch):
    """Leaves out the pages, whose figures take most of a small benchmark's time."""
    for name in (
        "run_experiment.write_experiment_page",
        "benchmark.run_benchmark.write_benchmark_page",
    ):
        monkeypatch.setattr(f"synthset.experiment.{name}", lambda folder, *rest: folder)
