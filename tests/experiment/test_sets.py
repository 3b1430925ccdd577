import pytest

from synthset.errors import UsageError
from synthset.experiment.preview import preview
from synthset.experiment.run_experiment import run_experiment
from synthset.experiment.sets import Sets
from synthset.machine import Silent
from synthset.recipe.experiment import load_experiment

CODE = """
def redness(images):
    return images[..., 0].mean(axis=(1, 2))

def shades(images):
    return images.mean(axis=(1, 2))
"""


@pytest.fixture
def coded(world, content, monkeypatch):
    """An experiment with a recipe and a suite that run functions of a user's own."""
    monkeypatch.delenv("SYNTHSET_ALLOW_CODE", raising=False)
    (world / "mine.py").write_text(CODE)
    recipe = {
        "classes": ["cat", "dog"],
        "source": {"kind": "shapes", "size_px": 16},
        "images_per_class": 2,
        "scores": [{"kind": "python", "path": "mine.py:redness"}],
        "report": {"groups": []},
    }
    content["sets"]["made"] = {"kind": "recipe", "recipe": recipe}
    encoder = {"kind": "python", "path": "mine.py:shades", "width": 3}
    return load_experiment({**content, "suites": {"near": {"kind": "knn", "encoder": encoder}}})


def test_a_plan_says_which_code_the_recipe_of_a_set_runs(coded):
    assert "warning: this runs code from outside synthset: mine.py:redness" in list(preview(coded))
    assert "warning: this runs code from outside synthset: mine.py:shades" not in list(
        preview(coded)
    )
    assert "warning: this runs code from outside synthset: mine.py:shades" in list(
        preview(coded, "corrected")
    )


def test_code_of_a_set_or_a_suite_runs_only_where_it_is_allowed(coded, world):
    with pytest.raises(UsageError, match=r"mine\.py:redness\).*--allow-code"):
        run_experiment(coded, "pets", workers=1)
    with pytest.raises(UsageError, match=r"mine\.py:redness, mine\.py:shades\).*--allow-code"):
        run_experiment(coded, "pets", workers=1, suites="corrected")
    assert not (world / "pets").exists()


def test_a_set_is_made_with_code_that_is_allowed(coded):
    sets = Sets("pets", coded, Silent(), allow_code=True)
    assert len(sets.get("made", sets.draw_split(0)).labels) == 4
