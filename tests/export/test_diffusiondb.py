"""Metadata in DiffusionDB's columns."""

import pyarrow as pa
import pytest

import synthset
from synthset.export.diffusiondb import find_sampler, make_diffusiondb_table
from synthset.recipe.recipe import load_recipe

COLUMNS = {
    "prompt": pa.string(),
    "seed": pa.int64(),
    "step": pa.uint16(),
    "cfg": pa.float32(),
    "sampler": pa.string(),
    "width": pa.uint16(),
    "height": pa.uint16(),
    "image_nsfw": pa.float32(),
    "prompt_nsfw": pa.float32(),
}
CONTENT = {
    "name": "toy",
    "classes": ["cat", "dog"],
    "source": {"kind": "txt2img", "num_steps": 1, "guidance_scale": 3.5},
    "images_per_class": 2,
    "engine": {"workers": 1},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return synthset.run(load_recipe(CONTENT), tmp_path_factory.mktemp("export") / "d")


def test_the_columns_are_those_of_diffusiondb(made):
    table = make_diffusiondb_table(made)
    assert {name: table.schema.field(name).type for name in COLUMNS} == COLUMNS


def test_each_row_says_what_made_the_image(made):
    rows, records = make_diffusiondb_table(made).to_pylist(), made.records().to_pylist()
    assert [row["seed"] for row in rows] == [one["seed"] for one in records]
    assert [row["prompt"] for row in rows] == [one["prompt"] for one in records]
    assert {(row["step"], row["cfg"], row["width"]) for row in rows} == {(1, 3.5, 32)}
    assert {row["sampler"] for row in rows} == {find_sampler({"model": "miniature"})}
    cell, row = rows[3]["image_name"].split("#")
    assert made.folder.exists(cell)
    assert row == "3"


def test_no_likelihood_is_made_up(made):
    table = make_diffusiondb_table(made)
    assert table.column("prompt_nsfw").null_count == 4
    assert table.column("image_nsfw").null_count == 4  # the miniature has no safety checker


def test_a_scheduler_that_only_a_hub_knows_is_left_open():
    assert find_sampler({"model": "some/model", "scheduler": None}) is None
    assert find_sampler({"model": "some/model", "scheduler": "UniPC"}) == "UniPC"


def test_images_made_elsewhere_have_no_settings(tmp_path):
    content = {**CONTENT, "source": {"kind": "shapes"}}
    table = make_diffusiondb_table(synthset.run(load_recipe(content), tmp_path / "d"))
    assert table.column("step").null_count == table.num_rows == 4
