"""WordNet: what a name finds, and what lies under what."""

from __future__ import annotations

import pytest

from synthset.errors import RecipeError
from synthset.taxonomy.wordnet import Synset, WordNetNouns, load


def names(synsets: tuple[Synset, ...]) -> list[str]:
    return [synset.name for synset in synsets]


@pytest.mark.parametrize("query", ["dog.n.01", "domestic_dog.n.01", "n00000003", "domestic dog"])
def test_a_synset_is_found_by_any_of_its_names(toy: WordNetNouns, query: str) -> None:
    assert toy.synset(query) == Synset(
        "dog.n.01", "n00000003", ("dog", "domestic dog"), "it barks", "noun.Tops"
    )


def test_a_lemma_that_comes_second_counts_its_senses_too(toy: WordNetNouns) -> None:
    assert toy.synset("dog.n.02").name == "hot_dog.n.01"


def test_a_capital_in_a_lemma_stays_out_of_the_name(toy: WordNetNouns) -> None:
    paris = toy.synset("Paris")
    assert (paris.name, paris.word) == ("paris.n.01", "Paris")


def test_a_word_with_two_senses_is_refused_with_both_shown(toy: WordNetNouns) -> None:
    with pytest.raises(RecipeError) as refusal:
        toy.synset("dog", "classes[1]")
    text = str(refusal.value)
    assert text.startswith("classes[1]: 'dog' has 2 senses; ")
    assert "dog.n.01  it barks" in text
    assert "hot_dog.n.01  it is eaten" in text


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("pupy.n.01", "did you mean 'puppy.n.01'"),
        ("dgo", "did you mean 'dog.n.01'"),
        ("dog.n.03", "did you mean 'dog.n.01', 'dog.n.02'?"),
        ("dog.n.00", "did you mean 'dog.n.01', 'dog.n.02'?"),
        ("n00000009", "no noun of WordNet 3.0 has the number"),
        ("zzzzzzzzzzzz", "names look like 'dog.n.01'"),
        ("", "names look like 'dog.n.01'"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(
    toy: WordNetNouns, query: str, hint: str
) -> None:
    assert query not in toy
    with pytest.raises(RecipeError) as refusal:
        toy.synset(query)
    assert hint in str(refusal.value)


def test_membership_asks_for_exactly_one_sense(toy: WordNetNouns) -> None:
    assert "puppy" in toy
    assert "dog" not in toy
    assert 7 not in toy


def test_senses_come_most_frequent_first(toy: WordNetNouns) -> None:
    assert names(toy.senses("dog")) == ["dog.n.01", "hot_dog.n.01"]
    assert toy.senses("cat") == ()


def test_a_closure_holds_each_synset_once_and_its_source_first(toy: WordNetNouns) -> None:
    assert names(toy.closure("animal.n.01")) == [
        "animal.n.01",
        "dog.n.01",
        "pet.n.01",
        "puppy.n.01",
    ]


def test_a_closure_follows_instances_only_if_asked(toy: WordNetNouns) -> None:
    assert names(toy.closure("city.n.01")) == ["city.n.01"]
    assert names(toy.closure("city.n.01", instances=True)) == ["city.n.01", "paris.n.01"]


def test_a_closure_stops_at_its_depth(toy: WordNetNouns) -> None:
    assert names(toy.closure("animal.n.01", max_depth=0)) == ["animal.n.01"]
    assert names(toy.closure("animal.n.01", max_depth=1)) == ["animal.n.01", "dog.n.01", "pet.n.01"]


def test_leaves_have_nothing_under_them_of_what_is_followed(toy: WordNetNouns) -> None:
    leaves = toy.closure("entity.n.01", leaves_only=True)
    assert names(leaves) == ["city.n.01", "hot_dog.n.01", "puppy.n.01"]
    with_instances = toy.closure("entity.n.01", instances=True, leaves_only=True)
    assert names(with_instances) == ["hot_dog.n.01", "paris.n.01", "puppy.n.01"]


def test_a_synset_with_two_parents_has_two_paths(toy: WordNetNouns) -> None:
    assert [names(path) for path in toy.hypernym_paths("dog.n.01")] == [
        ["entity.n.01", "animal.n.01", "dog.n.01"],
        ["entity.n.01", "animal.n.01", "pet.n.01", "dog.n.01"],
    ]


def test_an_instance_lies_under_its_class(toy: WordNetNouns) -> None:
    assert toy.is_under("paris.n.01", "entity.n.01")
    assert not toy.is_under("city.n.01", "paris.n.01")
    assert toy.is_instance("paris.n.01")
    assert not toy.is_instance("city.n.01")


def test_neighbours_are_read_both_ways(toy: WordNetNouns) -> None:
    assert names(toy.hypernyms("dog.n.01")) == ["animal.n.01", "pet.n.01"]
    assert names(toy.hyponyms("animal.n.01")) == ["dog.n.01", "pet.n.01"]
    assert names(toy.hypernyms("paris.n.01", instances=False)) == []


def test_examples_are_kept_apart_from_the_gloss(toy: WordNetNouns) -> None:
    assert toy.examples("dog.n.01") == ("one bark", "two barks")
    assert toy.examples("pet.n.01") == ()


# The shipped file. Counts: wnstats(7WN) of WordNet 3.0; closure: arXiv 2211.01777, section on data.


def test_all_nouns_of_wordnet_are_there_with_names_of_their_own() -> None:
    synsets = list(load())
    assert len(load()) == len(synsets) == 82_115
    assert len({synset.name for synset in synsets}) == 82_115
    assert len({synset.number for synset in synsets}) == 82_115
    assert all(synset.gloss for synset in synsets)


def test_the_closure_of_object_has_the_published_size() -> None:
    closure = load().closure("object.n.01")
    assert closure[0].number == "n00002684"
    assert len(closure) == len(set(closure)) == 29_581
    assert len({synset.word for synset in closure}) == 26_210


@pytest.mark.parametrize(
    ("name", "number"),  # as NLTK's WordNet 3.0 corpus names them
    [
        ("dog.n.01", "n02084071"),
        ("bat.n.01", "n02139199"),
        ("crane.n.04", "n03126707"),
        ("crane.n.05", "n02012849"),
        ("bass.n.08", "n02565573"),
        ("frump.n.01", "n10114209"),
        ("object.n.01", "n00002684"),
    ],
)
def test_senses_are_numbered_as_in_nltk(name: str, number: str) -> None:
    assert load().synset(number).name == name
    assert load().synset(name).number == number


def test_swapped_letters_are_the_first_guess() -> None:
    with pytest.raises(RecipeError, match=r"did you mean 'dog\.n\.01', "):
        load().synset("dgo")


def test_a_definition_ends_where_its_examples_begin() -> None:
    assert load().synset("dog.n.01").gloss.endswith("prehistoric times; occurs in many breeds")
    assert load().examples("dog.n.01") == ("the dog barked all night",)


def test_the_licence_travels_inside_the_file() -> None:
    assert b"Princeton" in load()._archive.read("LICENSE")
