"""A mapping written, answered and run, as a user does it."""

import csv
import json

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

import synthset
from synthset.cli.app import app
from synthset.encoders import text
from synthset.engine.check import forecast_run
from synthset.images import encode
from synthset.recipe.recipe import load_recipe

LABELS = {"/m/a": "Crane", "/m/b": "Bird", "/m/c": "Tabby cat", "/m/d": "Seal", "/m/e": "Mammal"}
TREE = {"LabelName": "/m/b", "Subcategory": [{"LabelName": "/m/a"}]}
CONTENT = {
    "name": "labelled",
    "classes": {
        "kind": "wordnet",
        "synsets": ["crane.n.05", "cat.n.01", "seal.n.09", "unicycle.n.01"],
    },
    "source": {
        "kind": "openimages",
        "paths": [{"path": "images"}],
        "labels": ["human-imagelabels.csv"],
        "descriptions": "class-descriptions.csv",
        "hierarchy": "hierarchy.json",
        "mapping": ["mapping.csv", "mapping-review.csv"],
    },
    "images_per_class": 3,
    "engine": {"rows_per_shard": 2, "workers": 1},
}


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(text, "PACKAGE", "no_such_package")
    (tmp_path / "images").mkdir()
    draw, rows = np.random.default_rng(0), ["ImageID,Source,LabelName,Confidence"]
    for i, mid in enumerate(["/m/a"] * 4 + ["/m/c"] * 2 + ["/m/d"]):
        pixels = draw.integers(0, 256, (24, 24, 3), dtype=np.uint8)
        (tmp_path / "images" / f"{i:04}.jpg").write_bytes(encode(pixels))
        rows.append(f"{i:04},verification,{mid},1")
    (tmp_path / "human-imagelabels.csv").write_text("\n".join(rows))
    (tmp_path / "class-descriptions.csv").write_text(
        "".join(f"{mid},{name}\n" for mid, name in LABELS.items())
    )
    (tmp_path / "hierarchy.json").write_text(json.dumps(TREE))
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(CONTENT))
    return tmp_path


def mapped(*words):
    result = CliRunner().invoke(app, ["pool", "map", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def answer(path, **keys):
    """Write a class beside labels of a review file."""
    rows = list(csv.DictReader(path.read_text().splitlines()))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"key": keys.get(row["name"], "")} for row in rows)


def test_a_mapping_is_written_answered_and_run(world):
    said = mapped("recipe.yaml")
    assert "no label stands for 2 classes: 'seal', 'unicycle'" in said
    assert "senses could not be compared by meaning" in said
    assert "review: mapping-review.csv" in said
    answer(world / "mapping-review.csv", Seal="seal.n.09")
    rows = synthset.run(CONTENT, "d").records().to_pylist()
    found = sorted((row["class_name"], row["pool_mid"], row["pool_rule"]) for row in rows)
    assert found == [
        *[("cat", "/m/c", "narrower")] * 2,
        *[("crane", "/m/a", "parents")] * 3,
        ("seal", "/m/d", "listed"),
    ]
    assert {row["pool_confidence"] for row in rows} == {1.0}
    assert all(row["sha256"] and row["pool_key"] in row["source"] for row in rows)


def test_an_empty_class_is_said_and_stays_empty(world):
    mapped("recipe.yaml")
    plan = forecast_run(load_recipe(CONTENT), "d")
    assert (plan.images, plan.problems) == (5, [])
    assert "no label stands for 2 of 4 classes: 'seal', 'unicycle'" in plan.notes
    assert "no image for 2 of 4 classes: 'seal', 'unicycle'" in plan.notes


def test_a_changed_mapping_is_another_plan_and_workers_and_growth_change_no_record(world):
    mapped("recipe.yaml")
    one = synthset.run(CONTENT, "one").records(selection=False).to_pylist()
    synthset.run(CONTENT | {"images_per_class": 1}, "two")
    grown = synthset.run(CONTENT, "two", workers=2).records(selection=False).to_pylist()
    assert {row["id"]: row["sha256"] for row in one} == {row["id"]: row["sha256"] for row in grown}
    answer(world / "mapping-review.csv", Seal="seal.n.09")
    assert len(synthset.run(CONTENT, "two").records(selection=False)) == 6


def test_a_list_of_classes_is_mapped_with_files_named_on_the_command_line(world):
    (world / "pets.csv").write_text("name,synset\ncat,cat.n.01\n")
    said = mapped("pets.csv", "--descriptions", "class-descriptions.csv", "-o", "pets-map.csv")
    assert "mapping: pets-map.csv" in said
    (row,) = csv.DictReader((world / "pets-map.csv").read_text().splitlines())
    assert (row["mid"], row["key"], row["rule"]) == ("/m/c", "cat", "narrower")


def test_nothing_is_overwritten_and_what_is_missing_is_named(world):
    for words, said in [
        (["recipe.yaml", "-o", "class-descriptions.csv"], "class-descriptions.csv exists"),
        (["shipped.txt"], "names no class descriptions"),
    ]:
        (world / "shipped.txt").write_text("cat\n")
        result = CliRunner().invoke(app, ["pool", "map", *words])
        assert said in str(result.exception)
