"""The screen: people and offensive synsets, by what WordNet says of them."""

from __future__ import annotations

import csv
import re
from importlib.resources import files

import pytest

from synthset.errors import RecipeError
from synthset.taxonomy import wordnet
from synthset.taxonomy.classlists import pick_synsets, pick_wordnet_classes
from synthset.taxonomy.screen import (
    list_decent_lemmas,
    read_people,
    read_table,
    screen_synset,
    sift,
)

NOUNS = wordnet.load()
PEJORATIVE_FOR_AN_ASYLUM = "n02820798"  # a building, so that the screen of people does not hide it


def test_all_that_lies_under_person_is_a_person_named_ones_too() -> None:
    under = {synset.number for synset in NOUNS.closure("person.n.01", instances=True)}
    assert under <= read_people().keys()
    assert screen_synset(NOUNS.synset("einstein.n.01")).screen == "people"  # type: ignore[union-attr]


def test_few_organisms_beside_persons_count_as_persons() -> None:
    beside = [number for number, why in read_people().items() if why == "filed under noun.person"]
    assert len(beside) < 30
    assert NOUNS.synset("mascot.n.01").number in beside


@pytest.mark.parametrize("name", ["dog.n.01", "statue.n.01", "doll.n.01", "fire_engine.n.01"])
def test_animals_and_objects_pass(name: str) -> None:
    assert screen_synset(NOUNS.synset(name)) is None


def test_nothing_under_person_is_an_artifact_or_an_animal() -> None:
    for number in read_people():
        synset = NOUNS.synset(number)
        assert not NOUNS.is_under(synset, "artifact.n.01"), synset
        assert synset.lexical_file not in ("noun.artifact", "noun.animal", "noun.plant"), synset


def test_the_offensive_are_screened_though_they_are_no_persons() -> None:
    found = screen_synset(NOUNS.synset(PEJORATIVE_FOR_AN_ASYLUM))
    assert found is not None
    assert (found.screen, found.criterion) == ("offensive", "gloss")


def test_the_table_holds_numbers_that_exist_and_no_words() -> None:
    text = (files("synthset.taxonomy") / "data" / "screened-synsets.tsv").read_text()
    rows = list(csv.reader(text.splitlines()[1:], delimiter="\t"))
    assert len(rows) == len(read_table()) == 72
    for number, lemma, criterion in rows:
        assert number in NOUNS
        assert re.fullmatch(r"\d*", lemma)
        assert criterion in {
            "gloss", "usage: ethnic slur", "usage: disparagement", "usage: obscenity"
        }  # fmt: skip


def test_a_word_that_alone_is_offensive_is_dropped_and_its_synset_stays() -> None:
    (number,) = {row["number"] for row in read_table() if row["lemma"] == "3"} - {"n09645091"}
    synset = NOUNS.synset(number)
    assert screen_synset(synset, ["offensive"]) is None
    assert list_decent_lemmas(synset) == (*synset.lemmas[:2], *synset.lemmas[3:])


def test_a_closure_counts_what_it_leaves_out() -> None:
    passed, left_out = pick_synsets("object.n.01", screen=("people", "offensive"))
    by = {
        screen: sum(one.screen == screen for one in left_out) for screen in ("people", "offensive")
    }
    assert (len(passed), by) == (22_583, {"people": 6_944, "offensive": 54})


def test_each_screen_can_be_switched_off() -> None:
    closure = NOUNS.closure("object.n.01")
    assert len(sift(closure, [])[0]) == 29_581
    assert {one.screen for one in sift(closure, ["people"])[1]} == {"people"}


def test_a_synset_that_is_named_and_screened_is_refused() -> None:
    with pytest.raises(RecipeError) as error:
        pick_wordnet_classes(["dog.n.01", "nurse.n.01"], screen=("people",))
    assert str(error.value) == (
        "classes.synsets: the screen 'people' leaves out 'nurse.n.01' (under person.n.01); "
        "remove it, or switch that screen off: `screen: []`"
    )
