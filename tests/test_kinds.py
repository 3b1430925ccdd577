"""Kinds that other packages bring, by entry points, and what of them can't be used."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import synthset
from synthset.cli.app import app
from synthset.engine.catalog import build
from synthset.engine.check import forecast_run
from synthset.errors import ModelError, RecipeError, StageError
from synthset.kinds import list_kinds
from synthset.recipe.recipe import Recipe, load_recipe
from synthset.recipe.selection import Selection

PLUGIN = Path(__file__).parent / "plugin"


@pytest.fixture
def plugin(monkeypatch):
    """The package in `plugin/`, as if it were installed."""
    monkeypatch.syspath_prepend(PLUGIN)
    monkeypatch.setenv("PYTHONPATH", str(PLUGIN), prepend=":")
    read_anew()
    yield
    monkeypatch.undo()
    read_anew()


def read_anew():
    list_kinds.cache_clear()
    for part in (Selection, Recipe):
        part.model_rebuild(force=True)


def recipe(**changes):
    content = {
        "name": "shapes",
        "classes": ["cat", "dog"],
        "images_per_class": 4,
        "source": {"kind": "stripes", "width_px": 2},
        "encoders": {"colour": {"kind": "mean_colour"}},
        "scores": [{"kind": "redness", "gain": 2}],
        "metrics": [{"kind": "vendi", "encoder": "colour"}],
        "selection": {"steps": [{"kind": "middle", "by": "redness"}]},
        "report": {"groups": []},
    }
    return load_recipe({**content, **changes})


def test_a_recipe_uses_the_kinds_of_another_package(plugin, tmp_path):
    assert forecast_run(recipe(), str(tmp_path / "set")).problems == []
    dataset = synthset.run(recipe(), tmp_path / "set")
    records = dataset.records()
    redness, keep = records["redness"].to_pylist(), records["keep"].to_pylist()
    assert all(0 <= one <= 1 for one in redness)
    assert sum(keep) == 4
    assert {one.measured_by for one in dataset.metrics()} == {"mean_colour"}
    assert "redness" in (tmp_path / "set/report/index.html").read_text()


def test_a_second_run_computes_nothing_again_and_another_setting_does(plugin, tmp_path):
    first = synthset.run(recipe(), tmp_path / "set").view
    assert synthset.run(recipe(), tmp_path / "set").view.scores == first.scores
    other = recipe(scores=[{"kind": "redness", "gain": 3}])
    assert synthset.run(other, tmp_path / "set").view.scores != first.scores


def test_a_run_of_a_plug_ins_source_goes_on_after_a_kill(plugin, tmp_path, monkeypatch):
    asked, seeds = recipe(engine={"rows_per_shard": 4, "workers": 1}), []

    def draw(stage, seed):
        seeds.append(seed)
        if len(seeds) == 6:
            raise KeyboardInterrupt
        return np.full((16, 16, 3), seed % 256, np.uint8)

    monkeypatch.setattr("example_kinds.stripes.StripesStage.draw", draw)
    with pytest.raises(KeyboardInterrupt):
        synthset.run(asked, tmp_path / "set")
    made = synthset.run(asked, tmp_path / "set").records(selection=False)
    assert sorted(seeds[:4] + seeds[6:]) == sorted(made["seed"].to_pylist())
    assert set(made["origin"].to_pylist()) == {"stripes"}


def test_a_step_of_a_plug_in_drops_with_reasons_and_its_columns_are_checked(plugin, tmp_path):
    records = synthset.run(recipe(), tmp_path / "set").records()
    dropped = {one["rule"] for one in records["reason"].to_pylist() if one}
    assert dropped == {"redness is at an end of its class"}
    with pytest.raises(RecipeError, match=r"steps\[0\].by: no score writes a column 'rednes'"):
        recipe(selection={"steps": [{"kind": "middle", "by": "rednes"}]})


@pytest.fixture
def photos(tmp_path):
    """A reference of two real images."""
    for name, colour in (("cat", "red"), ("dog", "blue")):
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.new("RGB", (16, 16), colour).save(tmp_path / "photos" / name / "0.png")
    return {"photos": {"kind": "images", "paths": [{"path": str(tmp_path / "photos")}]}}


SHIFT = {"kind": "mean_shift", "encoder": "colour", "reference": "photos"}


def test_a_metric_of_a_plug_in_measures_each_part_against_a_reference(plugin, tmp_path, photos):
    asked = recipe(references=photos, metrics=[SHIFT])
    assert forecast_run(asked, str(tmp_path / "set")).problems == []
    dataset = synthset.run(asked, tmp_path / "set")
    found = {one.of: one for one in dataset.metrics()}
    assert list(found) == ["all", "kept", "rejected"]
    assert all(0 < one.value < 2 for one in found.values())
    assert {(one.name, one.reference) for one in found.values()} == {
        ("mean shift (mean_colour)", "photos, 2 images")
    }
    assert "mean shift" in (tmp_path / "set/report/index.html").read_text()
    first = dataset.view.metrics
    assert synthset.run(asked, tmp_path / "set").view.metrics == first
    other = recipe(references=photos, metrics=[{**SHIFT, "power": 1}])
    assert synthset.run(other, tmp_path / "set").view.metrics != first


def test_another_version_of_a_metric_measures_anew(plugin, tmp_path, photos, monkeypatch):
    asked = recipe(references=photos, metrics=[SHIFT])
    before = synthset.run(asked, tmp_path / "set").view.metrics
    monkeypatch.setattr("example_kinds.mean_shift.MeanShift.version", "2")
    assert synthset.run(asked, tmp_path / "set").view.metrics != before


def test_what_a_metric_of_a_plug_in_names_is_looked_for(plugin, photos):
    with pytest.raises(RecipeError) as wrong:
        recipe(metrics=[SHIFT | {"encoder": "color"}, {"kind": "mean_shft"}])
    assert "unknown kind 'mean_shft'; did you mean 'mean_shift'?" in str(wrong.value)
    with pytest.raises(RecipeError) as wrong:
        recipe(references=photos, metrics=[SHIFT | {"encoder": "color", "reference": "photo"}])
    assert "no entry 'color' in encoders; did you mean 'colour'?" in str(wrong.value)
    assert "no entry 'photo' in references; did you mean 'photos'?" in str(wrong.value)
    stored = {"photos": {"kind": "statistics", "file": "cifar10-train"}}
    with pytest.raises(RecipeError, match="mean_shift compares images, but 'photos' holds only"):
        recipe(references=stored, metrics=[SHIFT])


def test_what_a_metric_of_a_plug_in_raises_is_named_and_the_rest_is_measured(
    plugin, tmp_path, photos, monkeypatch
):
    monkeypatch.setattr("example_kinds.mean_shift.measure", lambda *_: 1 / 0)
    vendi = {"kind": "vendi", "encoder": "colour"}
    dataset = synthset.run(recipe(references=photos, metrics=[SHIFT, vendi]), tmp_path / "set")
    failed = [one.failed for one in dataset.metrics()]
    assert "mean_shift (example_kinds.mean_shift:measure) failed: ZeroDivisionError" in failed[0]
    assert failed[3:] == [None] * 3


def test_an_export_of_a_plug_in_writes_in_a_run_and_by_command(plugin, tmp_path):
    exports = [{"kind": "list", "path": str(tmp_path / "ids"), "ending": "lst"}]
    dataset = synthset.run(recipe(exports=exports), tmp_path / "set")
    ids = (tmp_path / "ids/ids.lst").read_text().split()
    assert ids == dataset.kept()["id"].to_pylist()
    words = ["export", str(tmp_path / "set"), str(tmp_path / "more"), "--kind", "list"]
    assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
    assert (tmp_path / "more/ids.txt").read_text().split() == ids


def test_wrong_settings_of_a_plug_in_are_explained_like_any_others(plugin):
    with pytest.raises(RecipeError, match=r"scores\[0\].gian: unknown setting 'gian'.*gain"):
        recipe(scores=[{"kind": "redness", "gian": 2}])
    with pytest.raises(RecipeError, match=r"source.widht_px: unknown setting 'widht_px'.*width_px"):
        recipe(source={"kind": "stripes", "widht_px": 2})
    with pytest.raises(RecipeError, match="but a source of kind 'stripes' has none"):
        recipe(classes={"kind": "source"})


def test_a_broken_plug_in_is_named_and_stops_nobody(plugin):
    found = list_kinds("scores")
    assert found.usable["redness"].origin == "example-kinds 1.0"
    assert [one.name for one in found.broken] == ["gone", "quality"]
    with pytest.raises(RecipeError, match=r"gone of example-kinds 1.0 can't be used.*No module"):
        recipe(scores=[{"kind": "gone"}])
    assert "synthset has a kind 'quality' of its own" in str(found.broken[1])


def test_two_packages_of_one_kind_and_one_that_exits_can_not_be_used(plugin, tmp_path, monkeypatch):
    (tmp_path / "other-2.0.dist-info").mkdir()
    (tmp_path / "other-2.0.dist-info/METADATA").write_text("Name: other\nVersion: 2.0\n")
    entries = "[synthset.scores]\nredness = example_kinds.redness:Redness\nquits = quits:Quits\n"
    (tmp_path / "other-2.0.dist-info/entry_points.txt").write_text(entries)
    (tmp_path / "quits.py").write_text("import sys\nsys.exit('no')\n")
    monkeypatch.syspath_prepend(tmp_path)
    read_anew()
    found = list_kinds("scores")
    assert "redness" not in found.usable
    said = " ".join(map(str, found.broken))
    assert "both provide a kind 'redness'" in said
    assert "quits of other 2.0 can't be used: SystemExit: no" in said


def test_what_foreign_code_raises_names_its_kind(plugin, tmp_path, monkeypatch):
    monkeypatch.setattr("example_kinds.middle.apply", lambda *_: 1 / 0)
    with pytest.raises(StageError, match=r"middle \(example_kinds.middle:apply\) failed: ZeroDiv"):
        synthset.run(recipe(), tmp_path / "set")
    monkeypatch.setattr("example_kinds.redness.Redness.implementation", "example_kinds.redness:No")
    with pytest.raises(ModelError, match=r"example_kinds.redness:No can't be imported"):
        build(recipe(), "scores/redness", [])


def test_without_the_package_its_kinds_are_unknown():
    with pytest.raises(RecipeError, match="unknown kind 'redness'"):
        recipe()


def test_the_schema_knows_the_kinds_of_plug_ins(plugin):
    assert "Redness" in Recipe.model_json_schema()["$defs"]
