"""Prompts: a pure function of templates, words, class and seed; every mistake found beforehand."""

from __future__ import annotations

import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

from synthset.errors import RecipeError
from synthset.prompts.templates import DEFAULT, check, draw, find_problems, get_templates, render
from synthset.taxonomy.classlists import ClassEntry, make_name_classes

OWL = ClassEntry(
    key="n1",
    name="owl",
    folder="n1",
    gloss="a bird that hoots",
    hypernym="bird of prey",
    lemmas=("owl", "bird of night"),
)
(BLORPLE,) = make_name_classes(["blorple"])


def found(templates: list[str], variations: dict[str, list[str]], *entries: ClassEntry) -> str:
    return "\n".join(map(str, find_problems(templates, variations, entries)))


def test_plain_words_are_the_default() -> None:
    assert render(DEFAULT, {}, OWL, seed=0) == "a photo of an owl"


@pytest.mark.parametrize(
    ("template", "prompt"),
    [
        ("{class}!", "owl!"),
        ("{ a_class }", "an owl"),
        ("{a_class}: {gloss}", "an owl: a bird that hoots"),
        ("{a_class}, a kind of {hypernym}", "an owl, a kind of bird of prey"),
        ("{lemmas}", "owl, bird of night"),
        ("{{{class}}} in {{braces}}", "{owl} in {braces}"),
    ],
)
def test_each_field_says_its_part(template: str, prompt: str) -> None:
    assert render([template], {}, OWL, seed=0) == prompt


def test_a_plain_name_of_one_sense_borrows_its_gloss() -> None:
    (unicycle,) = make_name_classes(["unicycle"])
    prompt = render(["{class}: {gloss}"], {}, unicycle, seed=0)
    assert prompt == "unicycle: a vehicle with a single wheel that is driven by pedals"


def test_a_name_without_lemmas_stands_for_itself() -> None:
    assert render(["{lemmas}"], {}, BLORPLE, seed=0) == "blorple"


def test_a_variation_that_is_not_mentioned_adds_nothing() -> None:
    assert render(["{class}"], {"view": ["from above"]}, OWL, seed=0) == "owl"


def test_a_variation_mentioned_twice_says_the_same_twice() -> None:
    prompts = {render(["{class} {x} {x}"], {"x": list("abcd")}, OWL, seed) for seed in range(99)}
    assert prompts == {"owl a a", "owl b b", "owl c c", "owl d d"}


def test_empty_words_leave_no_gap() -> None:
    assert render(["{class} {x}, at {x} rest."], {"x": [""]}, OWL, seed=0) == "owl, at rest."


def test_words_are_put_in_as_they_stand() -> None:
    assert render(["{class} {x}"], {"x": ["{class}"]}, OWL, seed=0) == "owl {class}"


def test_a_draw_never_changes_again() -> None:
    """Values computed once; a dataset's prompts hang on them."""
    assert [draw(seed, "template", 80) for seed in range(8)] == [23, 39, 10, 59, 7, 50, 7, 70]
    assert [draw(2**62 + seed, "variation:view", 3) for seed in range(8)] == [
        1,
        1,
        0,
        2,
        1,
        1,
        0,
        2,
    ]


def test_a_prompt_never_changes_again() -> None:
    words = {"view": ["from above", "close up"], "light": ["at noon", "at dusk", "at night"]}
    templates = ["{a_class} {view} {light}", "{class} {light}"]
    assert [render(templates, words, OWL, seed) for seed in range(4)] == [
        "owl at noon",
        "owl at night",
        "an owl close up at night",
        "owl at night",
    ]


def test_draws_are_uniform() -> None:
    """10,000 draws of 10: each count is within five standard deviations (30) of 1,000."""
    counts = Counter(draw(seed, "template", 10) for seed in range(10_000))
    assert set(counts) == set(range(10))
    assert all(abs(count - 1000) < 150 for count in counts.values())


def test_draws_for_two_purposes_are_independent() -> None:
    """9,000 draws of 3 x 3: each pair is within five standard deviations (30) of 1,000."""
    pairs = Counter((draw(seed, "a", 3), draw(seed, "b", 3)) for seed in range(9_000))
    assert len(pairs) == 9
    assert all(abs(count - 1000) < 150 for count in pairs.values())


def test_clip_names_the_eighty_templates_of_openai() -> None:
    spec = find_spec("open_clip")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("open_clip is not installed")
    text = (Path(spec.submodule_search_locations[0]) / "zero_shot_metadata.py").read_text()
    published = re.findall(r"lambda c: f'(.*)',", text.split("SIMPLE_IMAGENET_TEMPLATES")[0])
    assert len(get_templates("clip")) == 80
    assert [template.replace("{class}", "{c}") for template in get_templates("clip")] == published
    assert render("clip", {}, OWL, seed=1) in [text.format(c="owl") for text in published]


def test_a_list_that_does_not_exist_is_refused() -> None:
    with pytest.raises(
        RecipeError, match="there is no list of templates called 'clp'; did you mean"
    ):
        render("clp", {}, OWL, seed=0)


def test_a_good_set_of_templates_has_no_problem() -> None:
    words = {"view": ["from above", ""]}
    assert find_problems(["{a_class} {view}", "{class}: {gloss}"], words, [OWL]) == []
    check("clip", {}, [OWL, BLORPLE])


@pytest.mark.parametrize(
    ("templates", "variations", "problem"),
    [
        ([], {}, "prompts.templates: empty"),
        (["{clas} {class}"], {}, "templates[0]: unknown field {clas}; did you mean 'class'?"),
        (["{class} {view} {vew}"], {"view": ["x"]}, "unknown field {vew}; did you mean 'view'?"),
        (["{class} {}"], {}, "unknown field {}; known: "),
        (["{class"], {}, "a '{' has no counterpart in '{class'"),
        (["{class}}"], {}, "a '}' has no counterpart in '{class}}'"),
        (["{class} {{x}"], {}, "a '}' has no counterpart"),
        (["a photo"], {}, "prompts.templates[0]: it doesn't name the class"),
        (["{class} {x}"], {"x": []}, "prompts.variations.x: empty"),
        (["{class}"], {"x": ["y"]}, "prompts.variations.x: no template uses it; put {x} in"),
        (["{class}"], {"class": ["y"]}, "variations.class: 'class' is already a field"),
        (["{class} {x}"], {"x": ["a", "{view}"]}, "variations.x[1]: there is a brace in '{view}'"),
        (["{class} {gloss}"], {}, "it uses {gloss}, but 'blorple' have none"),
        (["{class} {hypernym}"], {}, "it uses {hypernym}, but 'blorple' have none"),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_in_its_place(
    templates: list[str], variations: dict[str, list[str]], problem: str
) -> None:
    assert problem in found(templates, variations, OWL, BLORPLE)
    assert len(find_problems(templates, variations, [OWL, BLORPLE])) == 1


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(RecipeError) as error:
        check(["{clas}", "{class} {gloss}", "{"], {"x": []}, [BLORPLE])
    assert [problem.where for problem in error.value.problems] == [
        "prompts.templates[0]",
        "prompts.templates[0]",
        "prompts.templates[2]",
        "prompts.variations.x",
        "prompts.variations.x",
        "prompts.templates",
    ]


def test_many_classes_without_a_gloss_are_one_problem() -> None:
    entries = [ClassEntry(f"c{i}", f"blorple {i}", f"c{i}") for i in range(20)]
    (problem,) = find_problems(["{class} {gloss}"], {}, entries)
    assert "'blorple 4' and 15 more have none" in str(problem)


def test_what_check_would_refuse_render_refuses_too() -> None:
    with pytest.raises(RecipeError, match=r"it uses \{gloss\}, but 'blorple' has none"):
        render(["{class} {gloss}"], {}, BLORPLE, seed=0)
    with pytest.raises(RecipeError, match=r"unknown field \{x\}"):
        render(["{class} {x}"], {}, BLORPLE, seed=0)
