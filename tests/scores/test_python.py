"""A score by a function of the user's own file, which has to be allowed."""

import re

import numpy as np
import pytest

import synthset
from synthset.engine.check import forecast_run
from synthset.errors import UsageError
from synthset.images import decode
from synthset.recipe.recipe import load_recipe

CODE = """
import numpy as np

def redness(images):
    return images[..., 0].mean(axis=(1, 2)) / 255

def histogram(images):
    return images.reshape(len(images), -1)[:, :5]

def fails(images):
    raise ValueError("no such thing")

def pairs(images):
    return np.zeros((len(images), 2))
"""


@pytest.fixture
def make(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(CODE)

    def load(function="redness", **changes):
        content = {
            "name": "shapes",
            "classes": ["cat", "dog"],
            "images_per_class": 3,
            "source": {"kind": "shapes", "size_px": 16},
            "scores": [{"kind": "python", "path": f"{tmp_path}/mine.py:{function}"}],
            "report": {"groups": []},
        }
        return load_recipe({**content, **changes})

    monkeypatch.delenv("SYNTHSET_ALLOW_CODE", raising=False)
    return load


def test_each_image_gets_what_the_function_gives(make, tmp_path):
    dataset = synthset.run(make(), tmp_path / "set", allow_code=True)
    records = dataset.records()
    images = [decode(one) for one in dataset.read_images(records["id"].to_pylist())]
    expected = [pixels[..., 0].mean() / 255 for pixels in images]
    assert records["redness"].to_pylist() == pytest.approx(expected)


def test_code_runs_only_where_it_is_allowed(make, tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r"mine\.py:redness.*--allow-code"):
        synthset.run(make(), tmp_path / "set")
    assert not (tmp_path / "set").exists()
    assert any(
        "mine.py:redness" in one for one in forecast_run(make(), str(tmp_path / "s")).warnings
    )
    monkeypatch.setenv("SYNTHSET_ALLOW_CODE", "1")
    assert synthset.run(make(), tmp_path / "set").kept().num_rows == 6


def test_the_content_of_the_file_belongs_to_the_score_and_its_place_does_not(make, tmp_path):
    first = synthset.run(make(), tmp_path / "set", allow_code=True).view.scores
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/mine.py").write_text(CODE)
    path = f"{tmp_path}/elsewhere/mine.py:redness"
    moved = make(scores=[{"kind": "python", "path": path}])
    assert synthset.run(moved, tmp_path / "set", allow_code=True).view.scores == first
    (tmp_path / "mine.py").write_text(CODE.replace("/ 255", "/ 100"))
    assert synthset.run(make(), tmp_path / "set", allow_code=True).view.scores != first


@pytest.mark.parametrize(
    ("function", "error"),
    [("fails", "ValueError: no such thing"), ("pairs", r"shape \(6, 2\), expected \(6,\)")],
)
def test_what_the_function_does_wrong_is_the_image_s_error(make, tmp_path, function, error):
    dataset = synthset.run(make(function), tmp_path / "set", allow_code=True)
    table = dataset.read(dataset.view.scores[function])
    assert table[function].null_count == 6
    (said,) = set(table["error"].to_pylist())
    assert re.search(error, said)


@pytest.mark.parametrize(
    ("path", "found"),
    [("mine.py:rednes", "did you mean 'redness'"), ("gone.py:redness", "no file")],
)
def test_a_missing_function_is_said_by_plan(make, tmp_path, path, found):
    recipe = make(scores=[{"kind": "python", "path": f"{tmp_path}/{path}"}])
    (problem,) = forecast_run(recipe, str(tmp_path / "set")).problems
    assert problem.where == "scores[0].path"
    assert found in str(problem)


def test_an_encoder_is_a_function_too(make, tmp_path):
    encoders = {"mine": {"kind": "python", "path": f"{tmp_path}/mine.py:histogram", "width": 5}}
    metrics = [{"kind": "vendi", "encoder": "mine"}]
    recipe = make(scores=[], encoders=encoders, metrics=metrics)
    dataset = synthset.run(recipe, tmp_path / "set", allow_code=True)
    features = np.array(dataset.read(dataset.view.features["mine"])["features"].to_pylist())
    assert features.shape == (6, 5)
    assert np.isfinite(features).all()
    assert all(result.value for result in dataset.metrics() if result.of == "all")
