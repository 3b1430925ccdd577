"""Fréchet distances of a set and of its classes: their names, axes and floors."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from shapes import recipe

from synthset.encoders import models
from synthset.encoders.feature_reader import RealImages, Reference
from synthset.measures.frechet_distance import compare_classes as measure_classes
from synthset.measures.frechet_distance import find_floor
from synthset.measures.part import EncodedImages, Part
from synthset.metrics.sets.fid import frechet_distance, frechet_distance_from_features
from synthset.metrics.sets.gaussian import gaussian
from synthset.metrics.sets.pca import find_principal_axes
from synthset.recipe.encoders import InceptionEncoder
from synthset.recipe.metrics import FrechetDistance


def by_class(real, made, is_standard=False, **settings):
    metric = FrechetDistance(
        kind="frechet_distance", encoder="e", reference="r", per_class=True, **settings
    )
    texts = [["a"] * len(real)] * 4
    reference = Reference(gaussian(real), "made up", lambda: RealImages(real, *texts))
    images = EncodedImages("all", made, ["a"] * len(made), {"a": "key"}, "m", is_standard)
    return measure_classes(metric, images, reference)


def test_a_reference_of_one_class_gives_the_distance_over_its_own_axes():
    draw = np.random.default_rng(1)
    real = draw.normal(size=(60, 9)).astype(np.float32)
    made = draw.normal(size=(40, 9)).astype(np.float32)
    axes = find_principal_axes(real, 4)
    both = (gaussian(axes.project(rows)) for rows in (real, made))
    over_axes = frechet_distance(*both)
    (row,) = by_class(real, made, axes=4)
    assert row.name == "FD over 4 axes (m)"
    assert row.value == pytest.approx(over_axes, rel=1e-9)
    (row,) = by_class(real, made, axes=None)
    assert row.name == "FD (m)"
    assert row.value == pytest.approx(frechet_distance_from_features(real, made), rel=1e-9)
    (row,) = by_class(real, made, axes=None, is_standard=True)
    assert row.name == "FID"


def test_the_standard_names_are_earned_by_the_standard_weights_alone(tmp_path, monkeypatch):
    (tmp_path / "mine.pth").write_bytes(b"any weights")
    other = InceptionEncoder(kind="inception", weights=str(tmp_path / "mine.pth"))
    reader = SimpleNamespace(
        features=lambda *_: np.ones((1, 2), np.float32),
        records=pa.table({"class_name": ["cat"], "class_key": ["cat"]}),
        recipe=recipe(encoders={"fid": other.model_dump(mode="json")}),
    )
    names = {}
    for digest in ("f" * 64, models.INCEPTION_SHA256 + "0" * 56):
        monkeypatch.setattr(models, "_sha256", lambda _, digest=digest: digest)
        images = Part("all", np.ones(1, dtype=bool), reader).read_encoded("fid")
        names[digest[0]] = images.is_standard, images.by
    assert names["6"] == (True, "Inception-v3 (torch-fidelity), clean resize")
    assert names["f"] == (False, "Inception-v3 (weights mine.pth), clean resize")
    draw = np.random.default_rng(1).normal(size=(60, 3)).astype(np.float32)
    (row,) = by_class(draw, draw, axes=None)
    assert row.name == "FD (m)"


def test_real_images_score_near_the_floor_and_others_above_it():
    draw = np.random.default_rng(2)
    real = draw.normal(size=(400, 12)).astype(np.float32)
    (same,) = by_class(real, draw.normal(size=(100, 12)).astype(np.float32), axes=8)
    (other,) = by_class(real, 1.5 * draw.normal(size=(100, 12)).astype(np.float32), axes=8)
    assert (same.floor.n_real, same.floor.n_generated) == (300, 100)
    low, high = same.floor.interval
    assert low < same.value < high < other.value
    assert "too few real images for a floor" not in (same.warning or "")


def test_a_floor_of_fewer_images_is_said_to_be_too_high():
    draw = np.random.default_rng(3)
    (row,) = by_class(draw.normal(size=(50, 4)), draw.normal(size=(40, 4)), axes=3)
    assert row.floor.n_generated == 25
    assert "a floor at 40 images; this floor is for 25" in row.warning
    assert find_floor(np.zeros((3, 2)), 10) is None
