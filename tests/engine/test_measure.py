"""Metrics of a finished set: named by what they were measured with, in parts, with intervals."""

import shutil
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from shapes import recipe

import synthset
from synthset.cli.faults import say_faults
from synthset.encoders import models
from synthset.engine import measure
from synthset.engine.classwise import floor_of, frechet_by_class
from synthset.engine.compare import Seen, compare
from synthset.engine.reference import Measured
from synthset.errors import RecipeError
from synthset.metrics.sets.fid import frechet_distance_from_features
from synthset.metrics.sets.gaussian import gaussian
from synthset.recipe.encoders import InceptionEncoder
from synthset.recipe.scores import Cmmd, FrechetDistance


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
            {
                "kind": "frechet_distance",
                "encoder": "pixels",
                "reference": "real",
                "per_class": True,
                "axes": 5,
            },
            {"kind": "kid", "encoder": "pixels", "reference": "real", "per_class": True},
            {
                "kind": "prdc",
                "encoder": "pixels",
                "reference": "real",
                "k": 3,
                "per_class": True,
            },
            {"kind": "vendi", "encoder": "pixels", "per_class": True},
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
    from synthset.metrics.sets.kid import kid_full
    from synthset.stage import list_column

    _, dataset, place = measured
    (reference,) = map(synthset.open, (place / "d" / "references").iterdir())
    real = list_column(reference.features("pixels"), "features")
    made = list_column(dataset.features("pixels"), "features")
    assert found(dataset, "KD")["value"] == pytest.approx(1000 * kid_full(real, made).value)
    cats = np.asarray(dataset.records()["label"]) == 0
    one = kid_full(real[:12], made[cats]).value
    assert found(dataset, "KD", key="cat")["value"] == pytest.approx(1000 * one)


@pytest.fixture(scope="module")
def features(measured):
    from synthset.stage import list_column

    _, dataset, place = measured
    (reference,) = map(synthset.open, (place / "d" / "references").iterdir())
    both = (reference.features("pixels"), dataset.features("pixels"))
    return [list_column(rows, "features") for rows in both]


def test_a_class_is_compared_over_axes_of_the_whole_reference(measured, features):
    from synthset.metrics.sets.fid import frechet_distance
    from synthset.metrics.sets.pca import principal_axes

    real, made = features
    axes = principal_axes(real, 5)
    cats = np.asarray(measured[1].records()["label"]) == 0
    value = frechet_distance(gaussian(axes.project(real[:12])), gaussian(axes.project(made[cats])))
    row = found(measured[1], "FD over 5 axes", key="cat")
    assert row["value"] == pytest.approx(value, rel=1e-9)
    assert row["interval"][0] < row["value"] < row["interval"][1]
    assert row["n"] == 12
    assert "over 5 features is visibly too large" in row["warning"]


def test_a_reference_of_one_class_gives_the_distance_over_its_own_axes():
    from synthset.metrics.sets.fid import frechet_distance_pca

    draw = np.random.default_rng(1)
    real = draw.normal(size=(60, 9)).astype(np.float32)
    made = draw.normal(size=(40, 9)).astype(np.float32)
    (row,) = by_class(real, made, axes=4)
    assert row.name == "FD over 4 axes (m)"
    assert row.value == pytest.approx(frechet_distance_pca(real, made, 4), rel=1e-9)
    (row,) = by_class(real, made, axes=None)
    assert row.name == "FD (m)"
    assert row.value == pytest.approx(frechet_distance_from_features(real, made), rel=1e-9)
    (row,) = by_class(real, made, axes=None, kind="inception")
    assert row.name == "FID"


def test_the_standard_names_are_earned_by_the_standard_weights_alone(tmp_path, monkeypatch):
    (tmp_path / "mine.pth").write_bytes(b"any weights")
    other = InceptionEncoder(kind="inception", weights=str(tmp_path / "mine.pth"))
    content = recipe(encoders={"fid": other.model_dump(mode="json")})
    dataset = SimpleNamespace(
        read=lambda *_: pa.table({"features": pa.FixedSizeListArray.from_arrays([0.0, 1.0], 2)}),
        view=SimpleNamespace(features={"fid": "features-fid"}),
    )
    records = pa.table({"class_name": ["cat"], "class_key": ["cat"]})
    names = {}
    for digest in ("f" * 64, models.INCEPTION_SHA256 + "0" * 56):
        monkeypatch.setattr(models, "_sha256", lambda _, digest=digest: digest)
        seen = measure._seen(dataset, content, "fid", records, "all", np.ones(1, dtype=bool))
        names[digest[0]] = seen.kind, seen.by
    assert names["6"] == ("inception", "Inception-v3 (torch-fidelity), clean resize")
    assert names["f"] == (
        "inception of other weights",
        "Inception-v3 (weights mine.pth), clean resize",
    )
    draw = np.random.default_rng(1).normal(size=(60, 3)).astype(np.float32)
    (row,) = by_class(draw, draw, axes=None, kind=names["f"][0])
    assert row.name == "FD (m)"


def by_class(real, made, kind="clip", **settings):
    metric = FrechetDistance(
        kind="frechet_distance", encoder="e", reference="r", per_class=True, **settings
    )
    reference = Measured(gaussian(real), "made up")
    seen = Seen("all", made, ["a"] * len(made), {"a": "key"}, "m", kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Measured, "features", lambda self: (real, ["a"] * len(real)))
        return frechet_by_class(metric, seen, reference)


def test_real_images_score_near_the_floor_and_others_above_it():
    draw = np.random.default_rng(2)
    real = draw.normal(size=(400, 12)).astype(np.float32)
    (same,) = by_class(real, draw.normal(size=(100, 12)).astype(np.float32), axes=8)
    (other,) = by_class(real, 1.5 * draw.normal(size=(100, 12)).astype(np.float32), axes=8)
    assert (same.floor.n_real, same.floor.n_generated) == (300, 100)
    low, high = same.floor.interval
    assert low < same.value < high < other.value
    assert "too few for a floor" not in (same.warning or "")


def test_a_floor_of_fewer_images_is_said_to_be_too_high():
    draw = np.random.default_rng(3)
    (row,) = by_class(draw.normal(size=(50, 4)), draw.normal(size=(40, 4)), axes=3)
    assert row.floor.n_generated == 25
    assert "a floor at 40: it is of 25" in row.warning
    assert floor_of(np.zeros((3, 2)), 10) is None


def test_each_class_has_its_own_neighbours_diversity_and_floor(measured):
    _, dataset, _ = measured
    for name in ("precision", "coverage", "Vendi", "KD"):
        assert found(dataset, name, key="dog")["n"] == 12
    assert found(dataset, "FD (")["floor"]["n_generated"] == 12
    assert found(dataset, "Vendi", key="dog")["floor"] is None


def test_a_shifted_set_is_told_apart(measured):
    _, dataset, _ = measured
    assert found(dataset, "KD")["interval"][0] > 0


def test_too_few_images_are_said(measured):
    _, dataset, _ = measured
    assert (
        "12" in found(dataset, "FD (", "rejected")["warning"] or found(dataset, "FD (")["warning"]
    )


@pytest.mark.parametrize(("place", "kind"), [(0, "frechet_distance by class"), (1, "kid")])
def test_metrics_of_images_refuse_statistics(measured, place, kind):
    recipe, _, _ = measured
    stored = {"real": {"kind": "statistics", "file": "cifar10-train"}}
    message = rf"metrics\[{place}\]\.reference: {kind} compares images"
    with pytest.raises(RecipeError, match=message):
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


def test_a_metric_that_fails_is_named_and_the_others_are_measured(measured, tmp_path, monkeypatch):
    recipe, _, place = measured
    shutil.copytree(place / "d", tmp_path / "d")
    recipe = recipe | {"metrics": recipe["metrics"][1:]}  # not measured yet

    def broken(metric, seen, reference):
        if metric.kind == "kid" and seen.part == "kept":
            raise ValueError("no such thing")
        return compare(metric, seen, reference)

    with monkeypatch.context() as patched:
        patched.setattr("synthset.engine.measure.compare", broken)
        dataset = synthset.run(recipe, tmp_path / "d")
    lost = found(dataset, "kid", "kept")
    assert (lost["value"], lost["failed"]) == (None, "ValueError: no such thing")
    assert lost["measured_by"] == "pixels fake"
    assert found(dataset, "KD")["value"] is not None
    assert found(dataset, "Vendi", "kept")["value"] is not None
    assert "failed: ValueError: no such thing" in (tmp_path / "d/report/index.html").read_text()
    (event,) = [one for one in dataset.events()[-9:] if one.get("faults")]
    assert "broken" in event["faults"]["kid, kept"]
    dataset = synthset.run(recipe, tmp_path / "d")  # and the next run measures again
    assert not any(one["failed"] for one in dataset.metrics())
    assert found(dataset, "KD", "kept")["value"] is not None


def test_what_lies_in_a_reference_is_said(measured, tmp_path, capsys):
    recipe, _, place = measured
    shutil.copytree(place / "real", tmp_path / "real")
    (tmp_path / "real/cat/a.heic").write_bytes(b"x")
    shutil.copy(tmp_path / "real/cat/0.png", tmp_path / "real/dog/same.png")
    asked = {
        **recipe,
        "references": {"real": {"kind": "images", "paths": [{"path": str(tmp_path / "real")}]}},
        "metrics": recipe["metrics"][:1],
    }
    say_faults(synthset.run(asked, tmp_path / "d"))
    words = capsys.readouterr().err
    assert "reference real: found: 25 images + 1 passed over = 26 files" in words
    assert "reference real: note: passed over: 1 × file of a format that is not read" in words
    assert "reference real: note: label conflict: 1 image stands" in words
