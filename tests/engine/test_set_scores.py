"""What the whole set says of each of its images, as a run makes it and as a selection uses it."""

import numpy as np
import pytest
from shapes import CONTENT
from test_selection import photos

from synthset.engine.run import run
from synthset.errors import RecipeError
from synthset.metrics.sets.fid import frechet_distance_from_features
from synthset.recipe.recipe import load_recipe
from synthset.stage import list_column

INFLUENCE = {"kind": "fd_influence", "encoder": "eye", "reference": "photos"}
NEIGHBOURS = {"kind": "neighbours", "encoder": "eye", "reference": "photos", "k": 2}


def recipe(folder, scores, **content):
    paths = [{"path": str(folder), "origin": "real"}]
    return load_recipe(
        {
            **CONTENT,
            "encoders": {"eye": {"kind": "pixels", "size_px": 2}},
            "references": {"photos": {"kind": "images", "paths": paths}},
            "scores": scores,
            **content,
        }
    )


def features_of(dataset):
    return list_column(dataset.read_features("eye"), "features").astype(np.float64)


def test_the_influence_on_the_distance_is_that_of_really_leaving_an_image_out(tmp_path):
    dataset = run(recipe(photos(tmp_path / "photos"), [INFLUENCE]), tmp_path / "out")
    generated = features_of(dataset)
    reference = next((tmp_path / "out" / "references").iterdir())
    real = features_of(type(dataset).open(reference))
    influence = np.asarray(dataset.records().column("fd_influence"))
    whole = frechet_distance_from_features(real, generated)
    for row in (0, 11, 23):
        without = frechet_distance_from_features(real, np.delete(generated, row, axis=0))
        assert influence[row] == pytest.approx(without - whole, rel=1e-6)


def test_an_image_lies_among_the_real_ones_of_its_own_class(tmp_path):
    real = photos(tmp_path / "photos")
    own = run(recipe(real, [NEIGHBOURS]), tmp_path / "own").records()
    every = run(recipe(real, [{**NEIGHBOURS, "within": "all"}]), tmp_path / "all").records()
    near, nearest = (np.asarray(r.column("neighbours_distance")) for r in (own, every))
    assert (near >= nearest).all()
    assert (near > nearest).any()
    typical = np.asarray(own.column("neighbours_typicality"))
    assert ((typical > 0) & (typical <= 1)).all()


def test_a_class_with_too_few_real_images_has_no_neighbours(tmp_path):
    real = photos(tmp_path / "photos")
    for image in sorted((real / "star").iterdir())[2:]:
        image.unlink()
    records = run(recipe(real, [NEIGHBOURS]), tmp_path / "out").records()
    found = dict.fromkeys(CONTENT["classes"], 0)
    for row in records.select(["class_name", "neighbours_density"]).to_pylist():
        found[row["class_name"]] += row["neighbours_density"] is not None
    assert found == {"circle": 8, "square": 8, "star": 0}


def test_a_limit_on_what_the_set_says_keeps_the_images_that_help(tmp_path):
    limits = {"kind": "limits", "limits": {"fd_influence": {"min": 0}}}
    metric = {"kind": "frechet_distance", "encoder": "eye", "reference": "photos"}
    dataset = run(
        recipe(
            photos(tmp_path / "photos"),
            [INFLUENCE],
            selection={"steps": [limits]},
            metrics=[metric],
        ),
        tmp_path / "out",
    )
    records = dataset.records()
    helps = np.asarray(records.column("fd_influence")) >= 0
    assert np.asarray(records.column("keep")).tolist() == helps.tolist()
    assert 0 < helps.sum() < len(helps)
    kept = next(m for m in dataset.metrics() if m.of == "kept" and "FD" in m.name)
    assert "used this reference to choose" in kept.warning


def test_more_images_are_weighed_anew_and_the_same_ones_are_not(tmp_path):
    asked = recipe(photos(tmp_path / "photos"), [INFLUENCE])
    first = run(asked, tmp_path / "out").view.scores["fd_influence"]
    assert run(asked, tmp_path / "out").view.scores["fd_influence"] == first
    more = run(asked, tmp_path / "out", overrides=["images_per_class=10"])
    assert more.view.scores["fd_influence"] != first
    assert more.records().column("fd_influence").null_count == 0


def test_statistics_of_all_classes_cannot_weigh_by_class():
    with pytest.raises(RecipeError, match="within: all"):
        load_recipe(
            {
                **CONTENT,
                "encoders": {"eye": {"kind": "pixels"}},
                "references": {"stored": {"kind": "statistics", "file": "cifar10-test"}},
                "scores": [{**INFLUENCE, "reference": "stored", "within": "class"}],
            }
        )
