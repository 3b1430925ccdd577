"""The recipes in `recipes/`, made small: they are what users start from."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synthset.engine.check import forecast_run
from synthset.engine.run import run
from synthset.recipe.reading import read_yaml
from synthset.recipe.recipe import load_recipe

RECIPES = Path(__file__).parents[2] / "recipes"
FAKE = ["source={kind: shapes, size_px: 32}", "images_per_class=2", "engine.workers=1"]
CLIP = "encoders.clip={kind: clip, model: miniature}"


@pytest.fixture
def imagenet(tmp_path, monkeypatch):
    """A few real images of two classes, as folders named by wnid."""
    draw = np.random.default_rng(0)
    for wnid in ("n01440764", "n02102040"):
        (tmp_path / "real" / wnid).mkdir(parents=True)
        for i in range(4):
            pixels = draw.integers(0, 255, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "real" / wnid / f"{i}.png")
    monkeypatch.setenv("IMAGENET", str(tmp_path / "real"))
    monkeypatch.setenv("SYNTHSET_DATA", str(tmp_path))
    monkeypatch.setenv("SYNTHSET_POOL", str(tmp_path))


def test_every_recipe_opens_with_its_command_and_its_cost(imagenet):
    for path in RECIPES.glob("*.yaml"):
        if "arms" in read_yaml(path):
            continue  # an experiment, which has its own tests
        head = [line for line in path.read_text().splitlines() if line.startswith("#")]
        assert any("synthset run" in line for line in head), path.name
        assert any(word in " ".join(head) for word in ("minutes", "hours")), path.name
        assert load_recipe(path).description, path.name


def test_imagenet_is_planned_with_gpu_hours_and_disk(imagenet, tmp_path):
    ahead = forecast_run(load_recipe(RECIPES / "imagenet-plus.yaml"), str(tmp_path / "out"))
    assert (ahead.images, ahead.classes) == (1_280_000, 1000)
    assert 300 < ahead.gpu_seconds / 3600 < 1200
    assert ahead.disk_bytes > 1e11


def test_imagenet_runs_small_with_the_fake(imagenet, tmp_path):
    changes = [
        *FAKE,
        CLIP,
        "classes.select=imagenette",
        "encoders.inception={kind: pixels}",
        "encoders.classifier={kind: pixels}",
        "scores=[{kind: clip_score, encoder: clip, text: 'a photo of a {class}'}, {kind: quality}, "
        "{kind: perceptual_hash}, {kind: fd_influence, encoder: inception, reference: imagenet}]",
        "metrics=[{kind: frechet_distance, encoder: inception, reference: imagenet}]",
        "selection.steps.0.limits={clip_score: {min: 0}}",
        "selection.steps.2.per_class=1",
    ]
    dataset = run(load_recipe(RECIPES / "imagenet-plus.yaml", changes), tmp_path / "out")
    records = dataset.records()
    assert records.num_rows == 20
    assert dataset.kept().num_rows == 10
    assert len(set(records.column("prompt").to_pylist())) > 15


def test_wordnet_runs_on_what_lies_under_a_synset(tmp_path):
    changes = [*FAKE, CLIP, "classes.synsets=[citrus.n.01]"]
    dataset = run(load_recipe(RECIPES / "wordnet.yaml", changes), tmp_path / "out")
    names = {entry["name"]: entry for entry in dataset.classes()}
    assert {"orange", "lemon", "grapefruit"} <= set(names)
    assert set(dataset.records().column("prompt").to_pylist()) > {
        "yellow oval fruit with juicy acidic flesh"
    }
    texts = next((tmp_path / "out" / "exports").glob("*/texts"))
    lemon = (texts / f"{names['lemon']['folder']}.txt").read_text()
    assert "name: lemon" in lemon
    assert "synset: lemon.n.01\nnumber: n07749582" in lemon
    assert "prompt (2): yellow oval fruit" in lemon
