"""Metrics of a finished set: named by what they were measured with, in parts, with intervals."""

import numpy as np
import pytest
from PIL import Image

import synthset
from synthset.engine.compare import Seen, compare
from synthset.engine.reference import Measured
from synthset.errors import RecipeError
from synthset.metrics.gaussian import gaussian
from synthset.recipe.scores import Cmmd


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    place = tmp_path_factory.mktemp("measure")
    draw = np.random.default_rng(0)
    for part, shift in (("real", 0), ("made", 40)):
        for name in ("cat", "dog"):
            (place / part / name).mkdir(parents=True)
            for number in range(12):
                noise = draw.integers(shift, 200 + shift, (8, 8, 3), dtype=np.uint8)
                Image.fromarray(noise).save(place / part / name / f"{number}.png")
    recipe = {
        "name": "measured",
        "classes": {"kind": "source"},
        "source": {"kind": "folder", "paths": [{"path": str(place / "made")}]},
        "encoders": {"pixels": {"kind": "pixels", "size_px": 2}},
        "references": {"real": {"kind": "images", "paths": [{"path": str(place / "real")}]}},
        "metrics": [
            {"kind": "frechet_distance", "encoder": "pixels", "reference": "real"},
            {"kind": "kid", "encoder": "pixels", "reference": "real", "per_class": True},
            {"kind": "prdc", "encoder": "pixels", "reference": "real", "k": 3},
            {"kind": "vendi", "encoder": "pixels"},
        ],
        "selection": {"steps": [{"kind": "random", "per_class": 8}]},
        "engine": {"workers": 1},
    }
    return recipe, synthset.run(recipe, place / "d"), place


def found(dataset, name, of="all", key=None):
    rows = [r for r in dataset.metrics() if (r["of"], r["class_key"]) == (of, key)]
    return next(row for row in rows if row["name"].startswith(name))


def test_a_number_over_other_features_is_not_called_fid_or_kid(measured):
    _, dataset, _ = measured
    names = {row["name"] for row in dataset.metrics()}
    assert any(name.startswith("FD (") for name in names)
    assert any(name.startswith("KD x 1000 (") for name in names)
    assert not any(name.startswith(("FID", "KID")) for name in names)


@pytest.mark.parametrize(("of", "count"), [("all", 24), ("kept", 16), ("rejected", 8)])
def test_each_part_is_measured_on_its_own_images(measured, of, count):
    _, dataset, _ = measured
    for name in ("FD (", "KD x 1000", "precision", "Vendi"):
        row = found(dataset, name, of)
        assert row["n"] == count
        assert row["interval"][0] <= row["value"] <= row["interval"][1]


def test_values_are_those_of_the_mathematics(measured):
    from synthset.metrics.kid import kid_full
    from synthset.stage import list_column

    _, dataset, place = measured
    (reference,) = map(synthset.open, (place / "d" / "references").iterdir())
    real = list_column(reference.features("pixels"), "features")
    made = list_column(dataset.features("pixels"), "features")
    assert found(dataset, "KD")["value"] == pytest.approx(1000 * kid_full(real, made).value)
    cats = np.asarray(dataset.records()["label"]) == 0
    one = kid_full(real[:12], made[cats]).value
    assert found(dataset, "KD", key="cat")["value"] == pytest.approx(1000 * one)


def test_a_shifted_set_is_told_apart(measured):
    _, dataset, _ = measured
    assert found(dataset, "KD")["interval"][0] > 0


def test_too_few_images_are_said(measured):
    _, dataset, _ = measured
    assert (
        "12" in found(dataset, "FD (", "rejected")["warning"] or found(dataset, "FD (")["warning"]
    )


def test_metrics_of_images_refuse_statistics(measured):
    recipe, _, _ = measured
    stored = {"real": {"kind": "statistics", "file": "cifar10-train"}}
    with pytest.raises(RecipeError, match=r"metrics\[1\]\.reference: kid compares images"):
        synthset.load_recipe({**recipe, "references": stored})


def test_a_second_run_measures_nothing_again(measured):
    recipe, dataset, place = measured
    before = len(dataset.events())
    synthset.run(recipe, place / "d")
    assert [e["event"] for e in dataset.events()[before:]] == ["run"] * (
        len(dataset.events()) - before
    )


def test_cmmd_of_a_set_with_itself_is_about_nothing(monkeypatch):
    rows = np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32)
    reference = Measured(gaussian(rows), "made up")
    monkeypatch.setattr(Measured, "features", lambda self: (rows, ["a"] * 200))
    seen = Seen("all", rows, ["a"] * 200, {"a": "a"}, "tiny CLIP", "clip")
    (row,) = compare(Cmmd(kind="cmmd", reference="r"), seen, reference)
    assert row.name == "CMMD (tiny CLIP)"
    assert abs(row.value) < 1
