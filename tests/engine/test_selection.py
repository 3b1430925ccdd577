"""A selection that looks at features, as a run makes it."""

import numpy as np
import pytest
from PIL import Image
from shapes import CONTENT

from synthset.engine.check import forecast_run
from synthset.engine.run import run
from synthset.errors import RecipeError
from synthset.recipe.recipe import load_recipe

STEP = {"kind": "nearest_set", "encoder": "eye", "reference": "photos", "per_class": 4}


def recipe(photos, **step):
    paths = [{"path": str(photos), "origin": "real"}]
    return load_recipe(
        {
            **CONTENT,
            "encoders": {"eye": {"kind": "pixels", "size_px": 2}},
            "references": {"photos": {"kind": "images", "paths": paths}},
            "metrics": [{"kind": "frechet_distance", "encoder": "eye", "reference": "photos"}],
            "selection": {"steps": [{**STEP, **step}]},
        }
    )


def photos(folder):
    """Eight grey images of each class."""
    rng = np.random.default_rng(0)
    for name in CONTENT["classes"]:
        (folder / name).mkdir(parents=True)
        for i in range(8):
            pixels = rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
    return folder


def test_a_run_chooses_the_set_nearest_to_a_reference(tmp_path):
    real = photos(tmp_path / "photos")
    dataset = run(recipe(real), tmp_path / "out")
    kept = dataset.kept()
    assert np.bincount(np.asarray(kept.column("label"))).tolist() == [4, 4, 4]
    path = dataset.view.selection
    outcomes = dataset.read_json(path.replace(".parquet", ".json"))
    assert [outcome["class_key"] for outcome in outcomes] == ["circle", "square", "star"]
    assert all(o["real_chosen_by"] + o["real_held_out"] == 8 for o in outcomes)

    warned = {
        result.of
        for result in dataset.metrics()
        if "selection used this reference" in result.warning
    }
    assert warned == {"kept", "rejected"}

    again = run(recipe(real), tmp_path / "out")
    assert again.view.selection == path
    other = run(recipe(real, use=0.75), tmp_path / "out")
    assert other.view.selection != path


def test_a_test_split_measures_a_set_and_never_chooses_it(tmp_path):
    wanted = recipe(photos(tmp_path / "pets_test"))
    (problem,) = forecast_run(wanted, str(tmp_path / "out")).problems
    assert problem.where == "references.photos.paths[0].path"
    assert "is a test split" in problem.found
    measured = load_recipe({**wanted.model_dump(mode="json"), "selection": {"steps": []}})
    assert not forecast_run(measured, str(tmp_path / "out")).problems


def test_a_reference_that_is_not_there_is_found_before_anything_is_made(tmp_path):
    content = recipe(tmp_path / "nowhere").model_dump(mode="json")
    with pytest.raises(RecipeError, match=r"references\.photos\.paths"):
        run({**content, "metrics": []}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_more_real_images_redo_the_selection(tmp_path):
    real = photos(tmp_path / "photos")
    first = run(recipe(real), tmp_path / "out").view.selection
    pixels = np.zeros((16, 16, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(real / "circle" / "8.png")
    assert run(recipe(real), tmp_path / "out").view.selection != first
