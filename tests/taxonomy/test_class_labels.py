"""Which class of a recipe a name in a source means."""

import pytest

from synthset.errors import RecipeError
from synthset.taxonomy.class_labels import find_labels
from synthset.taxonomy.classlists import make_name_classes, pick_imagenet_classes
from synthset.taxonomy.names import ClassNames


def test_names_are_found_as_written_in_normal_form_and_in_any_case():
    classes = make_name_classes(["caf\u00e9", "Hot Dog", "C", "C++"])
    names = ["cafe\u0301", "hot_dog", "C++", "c", "C#"]
    assert find_labels(names, classes) == {"cafe\u0301": 0, "hot_dog": 1, "C++": 3, "c": 2}


def test_wnids_and_numbers_of_imagenet_find_their_class():
    classes = pick_imagenet_classes(["n02012849", "n03126707"])
    names = [ClassNames(["crane (134)"]), ClassNames(["digger", "n03126707"], "n03126707")]
    called = f"{classes[0].name} (134)"
    assert find_labels([ClassNames([called]), names[1]], classes) == {called: 0, "digger": 1}
    wrong = ClassNames([classes[0].name], "n03126707")
    assert find_labels([wrong], classes) == {classes[0].name: 1}


def test_a_wnid_that_the_recipe_lacks_contradicts_a_name_that_it_has():
    classes = pick_imagenet_classes(["n02012849"])
    with pytest.raises(RecipeError, match="wnid n03126707 here and n02012849 there"):
        find_labels([ClassNames([classes[0].name], "n03126707")], classes)
