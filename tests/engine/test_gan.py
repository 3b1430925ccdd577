"""A GAN as the source of a recipe: trained once, inside the run."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import synthset
from synthset.engine.check import forecast_run
from synthset.errors import RecipeError
from synthset.formats.listed import Label, Listed
from synthset.machine import Silent
from synthset.sources.gan.source import name_words
from synthset.sources.shapes import draw

GAN = {
    "kind": "gan",
    "paths": [{"path": "shapes"}],
    "size_px": 16,
    "updates": 6,
    "batch_size": 4,
    "width": 4,
    "discriminator_width": 4,
    "latent_size": 4,
    "look_every": 2,
    "look_images": 10,
    "encoder": "pixels",
}
CONTENT = {
    "name": "sampled",
    "classes": ["circle", "square"],
    "source": GAN,
    "images_per_class": 5,
    "encoders": {"pixels": {"kind": "pixels", "size_px": 4}},
    "engine": {"rows_per_shard": 4, "workers": 1},
}


def changed(**settings):
    return CONTENT | {"source": GAN | settings}


@pytest.fixture
def shapes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("Circle", "square", "ring"):
        (tmp_path / "shapes" / name).mkdir(parents=True)
        for number in range(4):
            picture = Image.fromarray(draw(name, number, 16))
            picture.save(tmp_path / "shapes" / name / f"{number}.png")
    return tmp_path / "shapes"


def hashes(dataset):
    rows = dataset.records(selection=False)
    return dict(zip(rows["id"].to_pylist(), rows["sha256"].to_pylist(), strict=True))


def model_of(dataset):
    (place,) = Path(dataset.path, "models").iterdir()
    return place


class Dies(Silent):
    """A bar at which a training dies after some updates."""

    def __init__(self, after):
        self.left = after

    def advance(self, rows):
        self.left -= rows
        if self.left < 0:
            raise KeyboardInterrupt


def test_samples_do_not_depend_on_workers_or_on_how_many_are_made(shapes):
    one = synthset.run(CONTENT, "one")
    synthset.run(CONTENT | {"images_per_class": 2}, "two")
    assert hashes(synthset.run(CONTENT, "two", workers=2)) == hashes(one)
    assert len(set(hashes(one).values())) == 10
    assert {image["width"] for image in one.records().to_pylist()} == {16}


def test_a_killed_training_goes_on_and_ends_with_the_same_weights(shapes):
    whole = synthset.run(CONTENT, "whole")
    with pytest.raises(KeyboardInterrupt):
        synthset.run(CONTENT, "cut", bar=Dies(after=5))
    assert not (model_of(synthset.open("cut")) / "model.safetensors").exists()
    cut = synthset.run(CONTENT, "cut")
    for name in ("model.safetensors", "losses.jsonl", "config.json"):
        assert (model_of(cut) / name).read_bytes() == (model_of(whole) / name).read_bytes()
    steps = [event for event in cut.events() if event.get("role") == "training"]
    assert [step["updates"] for step in steps] == [2]


def test_it_keeps_losses_grids_and_the_best_look(shapes):
    place = model_of(synthset.run(CONTENT, "d"))
    lines = [json.loads(line) for line in (place / "losses.jsonl").read_text().splitlines()]
    config = json.loads((place / "config.json").read_text())
    best = min(lines, key=lambda line: line["fd"])
    assert [line["update"] for line in lines] == [2, 4, 6]
    assert (config["best_update"], config["best_fd"]) == (best["update"], best["fd"])
    assert config["classes"] == ["circle", "ring", "square"]
    assert np.asarray(Image.open(place / "grids" / "0000006.png")).shape == (52, 178, 3)
    assert not (place / "state.safetensors").exists()


def test_a_trained_model_is_used_again_and_other_images_train_another(shapes):
    dataset = synthset.run(CONTENT, "d")
    synthset.run(CONTENT | {"seed": 1}, "d")
    assert len(list(Path(dataset.path, "models").iterdir())) == 1
    (shapes / "ring" / "0.png").unlink()
    synthset.run(CONTENT, "d")
    assert len(list(Path(dataset.path, "models").iterdir())) == 2


def test_classes_that_the_recipe_does_not_list_are_learned_and_not_made(shapes):
    dataset = synthset.run(CONTENT, "d")
    assert set(dataset.records()["class_name"].to_pylist()) == {"circle", "square"}
    assert dataset.records()["source"][0].as_py().endswith("#circle")


def test_what_cannot_be_learned_is_refused_in_words(shapes):
    for number in (1, 2, 3):
        (shapes / "ring" / f"{number}.png").unlink()
    problems = forecast_run(synthset.load_recipe(CONTENT), "d").problems
    assert "only one image of 'ring'" in str(problems[0])
    problems = forecast_run(
        synthset.load_recipe(CONTENT | {"classes": ["circle", "cross"]}), "d"
    ).problems
    assert "no image to start from for 'cross'" in str(problems[0])
    with pytest.raises(RecipeError, match="no entry 'clip' in encoders"):
        synthset.load_recipe(changed(encoder="clip"))


def test_validation_images_of_another_class_are_refused(shapes):
    Path("val").mkdir()
    (shapes / "ring").rename("val/ring")
    problems = forecast_run(synthset.load_recipe(changed(val=[{"path": "val"}])), "d").problems
    assert "images of 'ring', which the GAN never learns" in str(problems[0])


def test_the_page_shows_losses_and_grids(shapes):
    dataset = synthset.run(CONTENT, "d")
    page = Path(dataset.path, "report", "index.html").read_text()
    assert "How the GAN learned" in page
    assert page.count("updates</figcaption>") + page.count("<b>used</b>") == 3
    assert "Distance to the validation images" in page


def test_a_gan_keeps_classes_apart_that_differ_in_an_underscore():
    images = [Listed("x", Label(name)) for name in ("Hot Dog", "hot_dog", "T_Shirt", "a-b")]
    words = name_words(images, [Listed("y", Label("t shirt"))])
    assert [*words.values()] == ["hot dog", "t shirt", "a-b", "hot_dog", "t shirt"]
