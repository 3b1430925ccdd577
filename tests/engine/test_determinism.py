"""The same images for any number of workers, and within a bound for any batch size."""

import numpy as np
import pytest
from shapes import cells

import synthset
from synthset.images import decode

CONTENT = {
    "name": "same",
    "classes": ["cat", "frog", "ship"],
    "source": {
        "kind": "txt2img",
        "guidance_scale": 3.0,
        "num_steps": 3,
        "encoding": {"format": "png"},
        "batch_size": 8,
    },
    "images_per_class": 8,
    "engine": {"rows_per_shard": 12, "workers": 1},
}
LEVELS = 1  # of 255, between batch sizes: another shape sums in another order


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    place = tmp_path_factory.mktemp("same") / "one"
    return place, synthset.run(synthset.load_recipe(CONTENT), place)


def pixels(dataset):
    return np.stack([decode(image) for image in dataset.read_images(ids(dataset))])


def ids(dataset):
    return dataset.records().column("id").to_pylist()


@pytest.mark.parametrize("workers", [2, pytest.param(4, marks=pytest.mark.torture)])
def test_any_number_of_workers_makes_the_same_bytes(one, tmp_path, workers):
    synthset.run(synthset.load_recipe(CONTENT), tmp_path / "many", workers=workers)
    assert cells(tmp_path / "many") == cells(one[0])


@pytest.mark.parametrize("batch", [1, 32])
def test_another_batch_size_moves_a_pixel_by_one_level_at_most(one, tmp_path, batch):
    recipe = synthset.load_recipe(CONTENT, [f"source.batch_size={batch}"])
    other = synthset.run(recipe, tmp_path / "other")
    assert ids(other) == ids(one[1])
    assert other.records()["seed"].equals(one[1].records()["seed"])
    apart = np.abs(pixels(other).astype(int) - pixels(one[1]))
    assert apart.max() <= LEVELS


def test_images_of_one_class_differ(one):
    cats = pixels(one[1])[::3].astype(int)
    assert np.abs(cats[0] - cats[1]).mean() > 5
