import json

import pytest

from synthset.encoders.classlist import OutputClasses, imagenet_classes, match, read_class_list
from synthset.errors import ModelError
from synthset.recipe.encoders import ClassifierEncoder
from synthset.taxonomy.classlists import (
    make_name_classes,
    pick_imagenet_classes,
    pick_wordnet_classes,
)

PETS = OutputClasses(names=("Cat", "dog", "tench, Tinca tinca", "ice_cream"))


def named(**settings):
    return read_class_list(ClassifierEncoder(kind="classifier", **settings))


def test_names_come_from_the_configuration(timm_folder):
    assert named(model=str(timm_folder)).names == ("Cat", "dog", "tench, Tinca tinca", "ice_cream")


def test_wordnet_numbers_in_a_configuration_become_names_and_wnids(tmp_path):
    content = {
        "architecture": "resnet10t",
        "label_names": ["n01440764", "n99999999"],
        "label_descriptions": {"n99999999": "made up"},
    }
    (tmp_path / "config.json").write_text(json.dumps(content))
    found = named(model=str(tmp_path))
    assert found.names == ("tench", "made up")
    assert found.by_wnid == {"n01440764": 0, "n99999999": 1}


def test_a_thousand_classes_without_names_are_imagenets(tmp_path):
    (tmp_path / "config.json").write_text('{"architecture": "resnet10t", "num_classes": 1000}')
    assert named(model=str(tmp_path)) == imagenet_classes()
    assert named(model="resnet18.a1_in1k") == imagenet_classes()


def test_larger_imagenets_have_timms_names():
    found = named(model="vit_tiny_patch16_224.augreg_in21k")
    assert len(found) == 21843 or len(found) == 21841
    assert match("names", pick_imagenet_classes(["n02099601"]), found, {}) == (
        found.by_wnid["n02099601"],
    )


def test_a_model_that_says_nothing_has_empty_names(tmp_path):
    (tmp_path / "config.json").write_text('{"architecture": "resnet10t", "num_classes": 3}')
    assert named(model=str(tmp_path)).names == ("", "", "")


def test_a_broken_configuration_is_a_model_error(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ModelError, match=r"config\.json: is not JSON"):
        named(model=str(tmp_path))


def test_names_match_whatever_case_underscore_or_hyphen():
    entries = make_name_classes(["DOG", "cat", "Ice-Cream", "tinca tinca"])
    assert match("names", entries, PETS, {}) == (1, 0, 3, 2)


def test_a_mapping_wins_by_name_wnid_or_index():
    entries = make_name_classes(["kitten", "puppy", "fish"])
    mapping = {"kitten": "cat", "puppy": "1", "fish": "n01440764"}
    with_wnid = OutputClasses(PETS.names, (None, None, "n01440764", None))
    assert match("names", entries, with_wnid, mapping) == (0, 1, 2)


def test_a_number_that_is_a_name_is_taken_as_the_name():
    digits = OutputClasses(names=("1", "9", "0"))
    assert match("names", make_name_classes(["one"]), digits, {"one": "1"}) == (0,)
    assert match("names", make_name_classes(["one"]), digits, {"one": "2"}) == (2,)


def test_imagenet_classes_match_by_wnid():
    entries = pick_imagenet_classes(["n02012849", 517, "tench"])
    assert match("names", entries, imagenet_classes(), {}) == (134, 517, 0)


def test_a_name_never_joins_two_wordnet_numbers():
    bird = pick_wordnet_classes("crane.n.05")
    machine = OutputClasses(names=("crane",), wnids=("n03126707",))
    assert isinstance(match("names", bird, machine, {}), list)
    assert match("names", bird, OutputClasses(names=("crane",)), {}) == (0,)


def test_an_ambiguous_name_asks_for_the_index():
    twice = OutputClasses(names=("crane", "dog", "crane"), wnids=("n02012849", None, "n03126707"))
    (problem,) = match("scores[0].names", make_name_classes(["crane"]), twice, {})
    assert problem.where == "scores[0].names.crane"
    assert "2 classes" in problem.found
    assert "0 (crane, n02012849), 2 (crane, n03126707)" in problem.right


def test_every_unmatched_class_is_a_problem_with_the_nearest_names():
    problems = match("names", make_name_classes(["cats", "zeppelin", "dog"]), PETS, {"bird": "dog"})
    assert [str(problem) for problem in problems] == [
        "names.bird: no class of the recipe has this key; known: cats, dog, zeppelin",
        "names.cats: the classifier has no class 'cats'; map it, as in cats: Cat (nearest: Cat)",
        "names.zeppelin: the classifier has no class 'zeppelin'; map it, as in zeppelin: Cat, or "
        "use another classifier",
    ]


def test_a_classifier_without_names_asks_for_indices():
    (problem,) = match("names", make_name_classes(["cat"]), OutputClasses(names=("", "")), {})
    assert "map the index" in problem.right


def test_many_unknown_classes_are_counted_and_not_all_listed():
    entries = make_name_classes([f"thing {place}" for place in range(1000)])
    problems = match("scores[0].names", entries, OutputClasses(names=("cat", "thing 7")), {})
    assert len(problems) == 51
    assert str(problems[-1]) == (
        "scores[0].names: the classifier lacks 949 more of 1,000 classes; map them as above, or "
        "use a classifier that has them"
    )


def test_a_name_that_is_there_exactly_is_that_class_whatever_looks_like_it():
    classes = OutputClasses(names=("hot dog", "hot_dog"))
    assert match("names", make_name_classes(["hot_dog", "hot dog"]), classes, {}) == (1, 0)
    (problem,) = match("names", make_name_classes(["Hot-Dog"]), classes, {})
    assert "'Hot-Dog' matches 2 classes of the classifier" in problem.found
