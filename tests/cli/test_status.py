"""What `synthset status` says of the safety checker, and of who works on a dataset."""

import os
from dataclasses import replace

import pyarrow as pa
from typer.testing import CliRunner

import synthset
from synthset.cli.app import app
from synthset.errors import DatasetLocked
from synthset.record import BLANKED
from synthset.store.lock import hold, hold_slice
from synthset.store.slices import Slice

RECIPE = {
    "name": "shapes",
    "classes": ["circle", "square"],
    "source": {"kind": "shapes", "size_px": 16},
    "images_per_class": 3,
    "engine": {"workers": 1},
}


def said_of(place):
    return CliRunner().invoke(app, ["status", str(place)], catch_exceptions=False).output


def test_blanked_and_flagged_images_are_counted_where_a_checker_looked(tmp_path):
    dataset = synthset.run(RECIPE, tmp_path / "d")
    assert "safety checker" not in said_of(tmp_path / "d")
    images = dataset.read(dataset.view.images)
    verdicts = {
        "nsfw": pa.array([True, True, False, False, False, False], pa.bool_()),
        "error": pa.array([BLANKED, *[None] * 5], pa.string()),
    }
    for name, column in verdicts.items():
        images = images.set_column(images.column_names.index(name), name, column)
    dataset.write_cell("images-checked", 0, images)
    dataset.write_view(replace(dataset.view, images="images-checked"))
    assert "safety checker: 1 blanked and 1 flagged of 6" in said_of(tmp_path / "d")


def test_whoever_holds_a_dataset_in_a_bucket_is_named_and_can_be_taken_over(tmp_path):
    dataset = synthset.run(RECIPE, f"memory://{tmp_path.name}")
    assert "no process is working on it" in said_of(dataset.path)
    with hold(dataset.folder):
        assert f"working on it: process {os.getpid()} on" in said_of(dataset.path)
        (tmp_path / "recipe.yaml").write_text(dataset.read_text("recipe.yaml"))
        command = ["run", str(tmp_path / "recipe.yaml"), "-o", dataset.path]
        refused = CliRunner().invoke(app, command).exception
        assert isinstance(refused, DatasetLocked)
        assert CliRunner().invoke(app, [*command, "--take-over"]).exit_code == 0


def test_whoever_makes_a_slice_is_named(tmp_path):
    dataset = synthset.run(RECIPE, tmp_path / "d")
    with hold_slice(dataset.folder, Slice(1, 4)):
        said = said_of(tmp_path / "d")
    assert f"working on slice 1/4: process {os.getpid()} on" in said
    assert "no process" not in said
