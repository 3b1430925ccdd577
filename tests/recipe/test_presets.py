"""Presets fill in what a recipe leaves open, and nothing else."""

import pytest

from synthset.errors import RecipeError
from synthset.recipe.presets import describe_preset
from synthset.recipe.recipe import load_recipe

PETS = {
    "name": "pets",
    "classes": ["cat"],
    "images_per_class": 1,
    "source": {"kind": "txt2img"},
}


def loaded(*changes, **content):
    return load_recipe({**PETS, **content}, changes)


def notes(recipe):
    return describe_preset(recipe.model_dump(mode="json"))


@pytest.mark.parametrize(
    ("preset", "scale", "last"), [("training", 2.0, "}"), ("pretty", 7.5, "8k")]
)
def test_a_preset_sets_guidance_and_words(preset, scale, last):
    recipe = loaded(preset=preset)
    assert recipe.source.guidance_scale == scale
    assert recipe.prompts.templates[0].endswith(last)


def test_what_the_recipe_says_itself_wins():
    own = {"source": {"kind": "txt2img", "guidance_scale": 3.0}}
    recipe = loaded("prompts.templates=['{class}']", preset="pretty", **own)
    assert (recipe.source.guidance_scale, recipe.prompts.templates) == (3.0, ("{class}",))
    (note,) = notes(recipe)
    assert "source.guidance_scale 3 (the preset has 7.5)" in note
    assert "arXiv 2212.08420" in note


def test_other_kinds_of_prompts_and_sources_are_left_alone():
    recipe = loaded(preset="pretty", prompts={"kind": "clip"}, source={"kind": "shapes"})
    assert recipe.prompts.kind == "clip"
    assert notes(recipe)[0].startswith("preset pretty: the recipe has nothing that it sets.")


def test_a_recipe_with_its_defaults_written_out_is_the_same(tmp_path):
    recipe = loaded(preset="pretty")
    (tmp_path / "r.yaml").write_text(recipe.to_yaml())
    assert load_recipe(tmp_path / "r.yaml") == recipe


def test_without_a_preset_nothing_is_said_and_an_unknown_one_is_refused():
    assert notes(loaded()) == []
    with pytest.raises(RecipeError, match="preset: found 'prety'; did you mean 'pretty'"):
        loaded(preset="prety")
