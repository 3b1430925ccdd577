"""What environment variables hold is worked with, and never saved or shown."""

import pytest

from synthset.errors import RecipeError
from synthset.recipe.experiment import load_experiment
from synthset.recipe.recipe import load_recipe, load_stored
from synthset.recipe.variables import conceal

FOLDER = {
    "name": "pets", "classes": {"kind": "source"}, "description": "of ${WHERE}",
    "source": {"kind": "folder", "paths": [{"path": "${WHERE}/cats"}]},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _where(monkeypatch):
    monkeypatch.setenv("WHERE", "/very/secret")


def test_a_recipe_works_with_the_value_and_is_saved_as_written():
    recipe = load_recipe(FOLDER)
    assert recipe.source.paths[0].path == "/very/secret/cats"
    assert "secret" not in recipe.to_yaml()
    assert load_recipe(recipe.to_content()) == recipe


def test_the_identity_is_that_of_the_value():
    plain = {**FOLDER, "source": {"kind": "folder", "paths": [{"path": "/very/secret/cats"}]}}
    assert load_recipe(FOLDER).source.identity() == load_recipe(plain).source.identity()


def test_a_stored_recipe_is_looked_at_without_its_variables(monkeypatch):
    monkeypatch.delenv("WHERE")
    assert load_stored(FOLDER).source.paths[0].path == "${WHERE}/cats"
    with pytest.raises(
        RecipeError, match=r"\$\{WHERE\}: the environment variable WHERE is not set"
    ):
        load_recipe(FOLDER)


def test_a_value_makes_no_new_settings(monkeypatch):
    monkeypatch.setenv("WHERE", "x'\nseed: 7 # \u2028")
    assert load_recipe(FOLDER).seed == 0


def test_an_experiment_and_its_sets_are_saved_as_written():
    experiment = load_experiment(
        {
            "name": "pets",
            "real": {"train": {"kind": "images", "paths": [{"path": "${WHERE}/real"}]}},
            "sets": {"made": {"kind": "recipe", "recipe": FOLDER, "changes": ["name=${WHERE}"]}},
            "arms": [{"name": "a", "parts": [{"set": "real"}]}],
        }
    )
    assert experiment.real.train.paths[0].path == "/very/secret/real"
    assert "secret" not in experiment.to_yaml()


def test_words_show_the_name_of_the_variable():
    load_recipe(FOLDER)
    assert conceal("/very/secret/cats: no such folder") == "${WHERE}/cats: no such folder"
