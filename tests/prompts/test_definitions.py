"""Definitions are cut where it hurts least, and nothing is cut unseen."""

from __future__ import annotations

import pytest

from synthset.prompts.definitions import count_words, fit_glosses, shorten
from synthset.prompts.templates import render
from synthset.taxonomy.classlists import ClassEntry, make_name_classes, pick_imagenet_classes

DOG = (
    "a member of the genus Canis (probably descended from the common wolf (a canine)) that has "
    "been domesticated by man since prehistoric times; occurs in many breeds"
)


def test_a_definition_that_fits_stays_as_it_is() -> None:
    assert shorten(DOG, count_words(DOG)) == DOG


@pytest.mark.parametrize(
    ("limit", "cut"),
    [
        (20, "a member of the genus Canis that has been domesticated by man since prehistoric "
             "times; occurs in many breeds"),
        (16, "a member of the genus Canis that has been domesticated by man since prehistoric "
             "times"),
        (12, "a member of the genus Canis that has been domesticated"),
        (8, "a member of the genus Canis"),
        (2, "a member"),
        (1, ""),
        (0, ""),
    ],
)  # fmt: skip
def test_brackets_go_first_and_then_the_last_clauses(limit: int, cut: str) -> None:
    assert shorten(DOG, limit) == cut
    assert count_words(cut) <= limit


def test_a_short_clause_before_a_semicolon_gives_way_to_a_longer_cut() -> None:
    gloss = "a bird; lives in marshes, on plains and in the reeds of the north, and often alone"
    assert shorten(gloss, 13) == "a bird; lives in marshes, on plains and in the reeds"


def test_a_long_clause_before_a_semicolon_is_kept_whole() -> None:
    gloss = "a large grey bird of the marshes; lives in reeds, and often alone"
    assert shorten(gloss, 10) == "a large grey bird of the marshes"


def test_without_a_boundary_whole_words_are_kept() -> None:
    assert shorten("one two three four", 2) == "one two"


def test_no_definition_ends_in_a_hanging_word() -> None:
    hanging = {"a", "an", "the", "and", "or", "of", "in", "with", "that", "which", "to"}
    for entry in pick_imagenet_classes("all"):
        for limit in (4, 7, 11):
            cut = shorten(entry.gloss or "", limit)
            assert count_words(cut) <= limit
            assert cut == entry.gloss or cut.split()[-1] not in hanging


def test_glosses_are_fitted_to_what_the_rest_of_the_prompt_leaves() -> None:
    entries = pick_imagenet_classes("imagenette")
    templates = ["{a_class}, {gloss}, {view}", "{class} {view}"]
    variations = {"view": ["up close", "seen from far above at night"]}
    fitted = fit_glosses(entries, templates, variations, count_words, limit=14)
    for entry, before in zip(fitted, entries, strict=True):
        prompts = [render(templates, variations, entry, seed) for seed in range(20)]
        assert max(map(count_words, prompts)) <= 14
        assert entry.gloss
        assert (entry.key, entry.name, entry.lemmas) == (before.key, before.name, before.lemmas)
    assert any(a.gloss != b.gloss for a, b in zip(fitted, entries, strict=True))


def test_without_a_gloss_in_a_template_nothing_is_fitted() -> None:
    entries = make_name_classes(["unicycle"])
    assert fit_glosses(entries, ["{class}"], {}, count_words, limit=1) == entries


def test_a_borrowed_gloss_is_fitted_too_and_a_missing_one_stays_missing() -> None:
    entries = make_name_classes(["unicycle", "blorple"])
    fitted = fit_glosses(entries, ["{class}: {gloss}"], {}, count_words, limit=7)
    assert [entry.gloss for entry in fitted] == ["a vehicle with a single wheel", None]


def test_a_gloss_that_cannot_fit_is_left_out() -> None:
    (entry,) = fit_glosses([ClassEntry("n1", "owl", "n1", gloss="big bird")],
                           ["{class} one two {gloss}"], {}, count_words, limit=3)  # fmt: skip
    assert entry.gloss == ""
