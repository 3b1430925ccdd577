"""Search by words."""

import sqlite3

import pytest

import synthset
from synthset.errors import UsageError
from synthset.recipe.recipe import load_recipe
from synthset.search.text_search import INDEX, search_words, write_match

CONTENT = {
    "name": "toy",
    "classes": {"kind": "wordnet", "synsets": ["truck.n.01", "cat.n.01"]},
    "prompts": {
        "templates": ["a {colour} {class} on a road"],
        "variations": {"colour": ["red", "blue", "dark green"]},
    },
    "source": {"kind": "shapes", "size_px": 8},
    "images_per_class": 9,
    "engine": {"rows_per_shard": 7, "workers": 1},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return synthset.run(load_recipe(CONTENT), tmp_path_factory.mktemp("search") / "d")


def prompts(found):
    return {one.prompt for one in found}


def test_every_word_must_be_there(made):
    assert prompts(search_words(made, "red truck")) == {"a red truck on a road"}


def test_words_are_compared_by_their_stems(made):
    assert prompts(search_words(made, "Trucks roads blue")) == {"a blue truck on a road"}


def test_synonyms_and_definitions_are_searched_too(made):
    assert {one.class_name for one in search_words(made, "motortruck")} == {"truck"}
    assert {one.class_name for one in search_words(made, "feline")} == {"cat"}


def test_a_class_name_counts_more_than_its_definition(made):
    found = search_words(made, "truck", 100)
    assert [one.class_name for one in found[:9]] == ["truck"] * 9
    assert all(one.score > 0 for one in found)


def test_a_phrase_stands_as_it_is_and_a_star_ends_a_beginning(made):
    assert prompts(search_words(made, '"dark green" truck')) == {"a dark green truck on a road"}
    assert not search_words(made, '"green dark"')
    assert search_words(made, "truc*") == search_words(made, "truck")


def test_any_word_is_enough_where_that_is_asked(made):
    assert not search_words(made, "red submarine")
    assert len(prompts(search_words(made, "red submarine", any_word=True))) == 2


@pytest.mark.parametrize("query", ["AND", "NOT OR", "prompt:red", "a^b", "(red", "red'; DROP", "-"])
def test_no_query_is_taken_for_a_language(made, query):
    if query == "-":
        with pytest.raises(UsageError):
            search_words(made, query)
    else:
        search_words(made, query)


def test_words_of_a_query_are_only_words():
    assert write_match("red AND truck") == '"red" "AND" "truck"'


def test_a_path_names_the_cell_and_the_row(made):
    for one in search_words(made, "truck", 100):
        cell, row = one.path.split("#")
        table, shard = cell.removesuffix(".parquet").split("/")
        assert made.read_cell(table, int(shard), ["id"]).column("id")[int(row)].as_py() == one.id


def test_the_index_is_made_anew_when_it_is_stale_gone_or_damaged(tmp_path):
    dataset = synthset.run(load_recipe(CONTENT), tmp_path / "d")
    place = tmp_path / "d" / INDEX
    assert len(search_words(dataset, "truck", 100)) == 9
    before = place.stat().st_ino
    search_words(dataset, "truck")
    assert place.stat().st_ino == before
    synthset.run(load_recipe({**CONTENT, "images_per_class": 11}), tmp_path / "d")
    assert len(search_words(dataset, "truck", 100)) == 11
    place.unlink()
    assert len(search_words(dataset, "truck", 100)) == 11
    place.write_bytes(b"no index")
    assert len(search_words(dataset, "truck", 100)) == 11
    assert {path.name for path in place.parent.iterdir()} == {place.name, "finished.json"}


def test_a_dataset_in_an_object_store_is_searched_in_memory(made):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.put(made.path, "/toy", recursive=True)
    dataset = synthset.open("memory://toy")
    assert prompts(search_words(dataset, "red truck")) == {"a red truck on a road"}


def test_equal_prompts_share_one_entry(made):
    search_words(made, "truck")
    base = sqlite3.connect(made.folder.root / INDEX)
    assert base.execute("SELECT count(*) FROM words").fetchone()[0] <= 6
    assert base.execute("SELECT count(*) FROM record").fetchone()[0] == 18
    base.close()
