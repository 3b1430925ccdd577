"""Metrics of a finished set: named by what they were measured with, in parts, with intervals."""

import shutil

import numpy as np
import pytest
from PIL import Image

import synthset
from synthset.cli.faults import say_faults
from synthset.errors import RecipeError
from synthset.measures.kid import measure
from synthset.metrics.sets.gaussian import gaussian


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
    rows = [r for r in dataset.metrics() if (r.of, r.class_key) == (of, key)]
    return next(row for row in rows if row.name.startswith(name))


def test_a_number_over_other_features_is_not_called_fid_or_kid(measured):
    _, dataset, _ = measured
    names = {row.name for row in dataset.metrics()}
    assert any(name.startswith("FD (") for name in names)
    assert any(name.startswith("KD x 1000 (") for name in names)
    assert not any(name.startswith(("FID", "KID")) for name in names)


@pytest.mark.parametrize(("of", "count"), [("all", 24), ("kept", 16), ("rejected", 8)])
def test_each_part_is_measured_on_its_own_images(measured, of, count):
    _, dataset, _ = measured
    for name in ("FD (", "KD x 1000", "precision", "Vendi"):
        row = found(dataset, name, of)
        assert row.n == count
        assert row.interval.low <= row.value <= row.interval.high


def test_values_are_those_of_the_mathematics(measured):
    from synthset.metrics.sets.kid import kid_full
    from synthset.stage import list_column

    _, dataset, place = measured
    (reference,) = map(synthset.open, (place / "d" / "references").iterdir())
    real = list_column(reference.read_features("pixels"), "features")
    made = list_column(dataset.read_features("pixels"), "features")
    assert found(dataset, "KD").value == pytest.approx(1000 * kid_full(real, made).value)
    cats = np.asarray(dataset.records()["label"]) == 0
    one = kid_full(real[:12], made[cats]).value
    assert found(dataset, "KD", key="cat").value == pytest.approx(1000 * one)


@pytest.fixture(scope="module")
def features(measured):
    from synthset.stage import list_column

    _, dataset, place = measured
    (reference,) = map(synthset.open, (place / "d" / "references").iterdir())
    both = (reference.read_features("pixels"), dataset.read_features("pixels"))
    return [list_column(rows, "features") for rows in both]


def test_a_class_is_compared_over_axes_of_the_whole_reference(measured, features):
    from synthset.metrics.sets.fid import frechet_distance
    from synthset.metrics.sets.pca import find_principal_axes

    real, made = features
    axes = find_principal_axes(real, 5)
    cats = np.asarray(measured[1].records()["label"]) == 0
    value = frechet_distance(gaussian(axes.project(real[:12])), gaussian(axes.project(made[cats])))
    row = found(measured[1], "FD over 5 axes", key="cat")
    assert row.value == pytest.approx(value, rel=1e-9)
    assert row.interval.low < row.value < row.interval.high
    assert row.n == 12
    assert "over 5 features is noticeably too large" in row.warning


def test_each_class_has_its_own_neighbours_diversity_and_floor(measured):
    _, dataset, _ = measured
    for name in ("precision", "coverage", "Vendi", "KD"):
        assert found(dataset, name, key="dog").n == 12
    assert found(dataset, "FD (").floor.n_generated == 12
    assert found(dataset, "Vendi", key="dog").floor is None


def test_a_shifted_set_is_told_apart(measured):
    _, dataset, _ = measured
    assert found(dataset, "KD").interval.low > 0


def test_too_few_images_are_said(measured):
    _, dataset, _ = measured
    assert "12" in found(dataset, "FD (", "rejected").warning or found(dataset, "FD (").warning


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
    assert [event["event"] for event in dataset.events()[before:]] == ["run", "end"]


def test_a_metric_that_fails_is_named_and_the_others_are_measured(measured, tmp_path, monkeypatch):
    recipe, _, place = measured
    shutil.copytree(place / "d", tmp_path / "d")
    recipe = recipe | {"metrics": recipe["metrics"][1:]}  # not measured yet

    def broken(metric, part):
        if part.name == "kept":
            raise ValueError("no such thing")
        return measure(metric, part)

    with monkeypatch.context() as patched:
        patched.setattr("synthset.measures.kid.measure", broken)
        dataset = synthset.run(recipe, tmp_path / "d")
    lost = found(dataset, "kid", "kept")
    assert (lost.value, lost.failed) == (None, "ValueError: no such thing")
    assert lost.measured_by == "pixels fake"
    assert found(dataset, "KD").value is not None
    assert found(dataset, "Vendi", "kept").value is not None
    assert "failed: ValueError: no such thing" in (tmp_path / "d/report/index.html").read_text()
    (event,) = [one for one in dataset.events()[-9:] if one.get("faults")]
    assert "broken" in event["faults"]["kid, kept"]
    dataset = synthset.run(recipe, tmp_path / "d")  # and the next run measures again
    assert not any(one.failed for one in dataset.metrics())
    assert found(dataset, "KD", "kept").value is not None


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
    assert "reference real: note: label conflict: 1 image occurs" in words
