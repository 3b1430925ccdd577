"""Recipes: what is right passes, and what is wrong is explained."""

import pytest

from synthset.errors import RecipeError
from synthset.recipe.reading import list_shipped_recipes
from synthset.recipe.recipe import load_recipe

GOOD = {
    "name": "pets",
    "classes": ["cat", "dog"],
    "images_per_class": 5,
    "source": {"kind": "txt2img"},
}
WITH_SCORE = {
    "encoders": {"clip": {"kind": "clip"}},
    "scores": [{"kind": "clip_score"}],
}


def with_limit(**limits):
    steps = [{"kind": "limits", "limits": limits}]
    return {**WITH_SCORE, "selection": {"steps": steps}}


WRONG = {
    "unknown key": ({"clases": 1}, "clases: unknown setting 'clases'; did you mean 'classes'?"),
    "unknown key deep down": (
        {"source": {"kind": "txt2img", "guidance": 3}},
        "source.guidance: unknown setting 'guidance'; did you mean 'guidance_scale'?",
    ),
    "wrong type": (
        {"images_per_class": "many"},
        "images_per_class: found 'many'; give a whole number",
    ),
    "true for a number": (
        {"images_per_class": True},
        "images_per_class: found true; give a whole number",
    ),
    "true in a list of numbers": (
        {"encoders": {"c": {"kind": "clip"}}, "accept": {"x": {"min": False}}},
        "accept.x.min: found false; give a number",
    ),
    "no number at all": (
        with_limit(clip_score={"min": float("nan")}),
        "selection.steps[0].limits.clip_score.min: found nan; give a finite number",
    ),
    "a value without end": (
        {"seed": ["x" * 10_000] * 10_000},
        f"seed: found ['{'x' * 55}…; give a whole number",
    ),
    "more digits than Python spells": (
        {"seed": 10**5000},
        "seed: found a number of 16,610 bits; it should be",
    ),
    "wrong kind": (
        {"source": {"kind": "txt2im"}},
        "source.kind: unknown kind 'txt2im'; did you mean 'txt2img'?",
    ),
    "impossible size": (
        {"source": {"kind": "txt2img", "size_px": 100}},
        "source.size_px: found 100; it should be a multiple of 8",
    ),
    "class twice": (
        {"classes": ["cat", "Cat"]},
        "classes[1]: 'cat' and 'Cat' differ only in case; rename one, or make them one class",
    ),
    "empty list": ({"classes": []}, "classes.names: empty; list at least one"),
    "no such encoder": (
        {**WITH_SCORE, "scores": [{"kind": "clip_score", "encoder": "clp"}]},
        "scores[0].encoder: no entry 'clp' in encoders; did you mean 'clip'?",
    ),
    "limits that cross": (
        with_limit(clip_score={"min": 3, "max": 2}),
        "selection.steps[0].limits.clip_score: min 3 is above max 2, so nothing would be kept",
    ),
    "limit on nothing": (
        with_limit(clip={"min": 3}),
        "selection.steps[0].limits.clip: no score writes a column 'clip'; did you mean "
        "'clip_score'?",
    ),
    "rounds without a target": (
        {"selection": {"max_rounds": 2}},
        "selection.max_rounds: set without a target; set selection.target_per_class as well",
    ),
    "no number of images": (
        {"images_per_class": None},
        "images_per_class: missing; say how many images each class gets, such as 100",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_recipe_says_where_what_and_what_would_be_right(name):
    change, message = WRONG[name]
    with pytest.raises(RecipeError) as caught:
        load_recipe({**GOOD, **change})
    assert str(caught.value).startswith(message)
    assert caught.value.exit_code == 2


def test_all_problems_are_told_at_once():
    with pytest.raises(RecipeError) as caught:
        load_recipe({**GOOD, "nme": 1, "seed": -1})
    assert {problem.where for problem in caught.value.problems} == {"nme", "seed"}


def test_every_default_is_written_out_and_reads_back():
    recipe = load_recipe(GOOD)
    import yaml

    assert load_recipe(yaml.safe_load(recipe.to_yaml())) == recipe


def test_a_setting_is_changed_from_outside():
    recipe = load_recipe(GOOD, ["source.num_steps=4", "classes=[owl]", "encoders.clip.kind=clip"])
    assert recipe.source.num_steps == 4
    assert recipe.classes.names == ("owl",)
    assert recipe.encoders["clip"].model == "miniature"


def test_a_change_leaves_the_mapping_it_was_given_alone():
    load_recipe(GOOD, ["source.num_steps=4"])
    assert GOOD["source"] == {"kind": "txt2img"}


NOWHERE = [
    "source.num_steps", "name.a=3", "classes.7=x", "classes.²=x", "classes.-1=x",
    "name=2020-99-99", "seed=!!int abc", f"seed={'1' * 5000}", "a." * 999 + "b=1", "name=[",
]  # fmt: skip


@pytest.mark.parametrize("change", NOWHERE)
def test_a_change_that_goes_nowhere_is_refused(change):
    with pytest.raises(RecipeError):
        load_recipe(GOOD, [change])


def test_what_only_says_how_fast_is_no_part_of_the_identity():
    slow = load_recipe(GOOD, ["source.batch_size=1", "source.device=cpu"])
    fast = load_recipe(GOOD, ["source.batch_size=64"])
    assert slow.source.identity() == fast.source.identity()
    assert (
        load_recipe(GOOD, ["source.guidance_scale=3"]).source.identity() != fast.source.identity()
    )


@pytest.mark.parametrize("text", ["", "- a\n- b", "name: [", "\ttabs: 1"])
def test_a_file_that_is_no_recipe_is_named(tmp_path, text):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=r"recipe\.yaml"):
        load_recipe(path)


def test_a_missing_file_suggests_a_shipped_recipe():
    with pytest.raises(RecipeError, match=r"demmo: no such file; .*did you mean 'demo'"):
        load_recipe("demmo")


@pytest.mark.parametrize("name", list_shipped_recipes())
def test_shipped_recipes_are_right(name):
    assert load_recipe(name).description
