"""The experiments that ship with synthset, and those in `recipes/` and `benchmarks/gpu/`."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_images import png

from synthset.experiment.preview import preview
from synthset.experiment.run_experiment import run_experiment
from synthset.recipe.experiment import load_experiment
from synthset.recipe.reading import list_shipped_experiments, read_yaml
from synthset.recipe.recipe import load_recipe

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / "recipes", ROOT / "benchmarks" / "gpu"]
CIFAR = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
SETS = {
    "pool": (CIFAR, 12),
    "cifar10": (CIFAR, 110),  # eleven to validate with
    "cifake": (CIFAR, 220),
    "fruits": (["apple", "banana", "mixed", "orange"], 12),
}

#: What plans see the presence of, and don't read.
POOL = ["pool.parquet", "index/index.json"]
POOL += [f"openimages/{name}.csv" for name in ("human-imagelabels", "class-descriptions")]
POOL += [f"openimages/{name}.csv" for name in ("mapping", "answers")]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Small Parquet files in the places that the experiments name."""
    folder = tmp_path_factory.mktemp("data")
    for place, (classes, count) in SETS.items():
        for number, part in enumerate(("train", "test")):
            draw = np.random.default_rng([number, len(place)])
            rows = [(name, i) for name in classes for i in range(count)]
            images = [{"bytes": png(*draw.integers(0, 200, 3)), "path": None} for _ in rows]
            (folder / place).mkdir(exist_ok=True)
            table = pa.table({"image": images, "label": [name for name, _ in rows]})
            pq.write_table(table, folder / place / f"{part}.parquet")
    (folder / "pool" / "train.parquet").rename(folder / "pool" / "reference.parquet")
    for name in POOL:
        (folder / "pool" / name).parent.mkdir(exist_ok=True)
        (folder / "pool" / name).touch()
    return folder


@pytest.fixture
def data(written, monkeypatch):
    monkeypatch.setenv("SYNTHSET_DATA", str(written))
    monkeypatch.setenv("SYNTHSET_POOL", str(written / "pool"))
    return written


def experiments():
    files = [path for folder in FOLDERS for path in sorted(folder.glob("*.yaml"))]
    files = [path for path in files if "\narms:" in path.read_text()]
    return [*files, *list_shipped_experiments().values()]


@pytest.mark.parametrize("path", experiments(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_experiment_opens_with_its_command_and_its_cost(path, data):
    head = [line for line in path.read_text().splitlines() if line.startswith("#")]
    assert any("synthset experiment" in line or "synthset bench" in line for line in head)
    assert "minutes" in " ".join(head)
    for size in (None, *read_yaml(path).get("sizes", {})):
        experiment = load_experiment(path, size)
        assert experiment.description
        for name, made in experiment.sets.items():
            if made.kind == "recipe":
                load_recipe({"name": name, **made.recipe})


@pytest.mark.parametrize("path", experiments(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_experiment_tells_what_each_arm_trains_on(path, data):
    changes = ["real.cut={cat: 4}"] if path.stem.endswith("cifar10") else []
    experiment = load_experiment(path, overrides=changes)
    told = list(preview(experiment))
    for arm in experiment.arms:
        assert any(line.startswith(f"{arm.name}, parts: ") for line in told)
    counted = f"{len(experiment.arms)} arms × {len(experiment.seeds)} seeds"
    assert any(line.startswith("trainings: ") and counted in line for line in told)


def test_the_digits_run_from_end_to_end(tmp_path):
    small = [
        "sets.gan.recipe.source.updates=4",
        "sets.gan.recipe.source.look_every=4",
        "sets.gan.recipe.source.width=4",
        "sets.gan.recipe.source.discriminator_width=4",
        "real.max_per_class=40",
        "sets.gan.recipe.images_per_class=40",
        "arms.8.parts.0.per_class=20",
        "training.updates=40",
        "seeds=[0]",
        "explain=2",
    ]
    done = run_experiment("imbalance-digits", tmp_path / "d", overrides=small, workers=1)
    counts = {
        trial.arm: {name: int(one[8]) for name, one in trial.counts.items()}
        for trial in done.trials
    }
    assert counts["nothing"] == counts["weights"] == {"real": 5}
    assert counts["classical"] == {"real": 5, "classical": 35}
    assert counts["gan"] == {"real": 5, "gan": 35}
    assert counts["gan-only"] == {"gan": 20}
    accuracy = {arm.name: arm.whole["accuracy"].value for arm in done.judgement.arms}
    assert accuracy["nothing"] > 0.4
    assert (done.page.parent / "figures").is_dir()
