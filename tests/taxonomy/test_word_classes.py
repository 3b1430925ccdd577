"""Classes of free words and of plain names with senses."""

from __future__ import annotations

import pytest

from synthset.errors import RecipeError
from synthset.taxonomy.classlists import make_name_classes, pick_imagenet_classes
from synthset.taxonomy.review import Review
from synthset.taxonomy.word_classes import add_senses, make_word_classes


def answered(**answers: str) -> Review:
    return Review("senses.yaml", answers, frozenset({"bank"}))


def test_a_word_is_known_by_its_number_and_called_as_written() -> None:
    (crane,) = make_word_classes(["crane (bird)"])
    assert (crane.key, crane.folder, crane.wnid) == ("n02012849",) * 3
    assert (crane.name, crane.class_index) == ("crane (bird)", 134)
    assert crane.hypernym == "wading bird"


def test_the_two_cranes_live_side_by_side() -> None:
    bird, machine = make_word_classes(["crane (bird)", "crane (lifting device)"])
    assert (bird.key, machine.key) == ("n02012849", "n03126707")


def test_two_words_of_one_sense_are_refused_with_both_shown() -> None:
    with pytest.raises(RecipeError) as error:
        make_word_classes(
            ["missile", "projectile"],
            answered(missile="projectile.n.01", projectile="projectile.n.01"),
        )
    assert str(error.value) == (
        "classes: 'missile' (label 0, n04008634) and 'projectile' (label 1, n04008634) share the "
        "key 'n04008634'; list each class once"
    )


def test_words_that_differ_in_their_plural_only_are_refused_with_both_shown() -> None:
    with pytest.raises(RecipeError) as error:
        make_word_classes(["sunglass", "sunglasses"])
    assert str(error.value) == (
        "classes: 'sunglass' (n04355933: a convex lens that focuses the rays of the sun; used to "
        "start a fire) and 'sunglasses' (n04356056: spectacles that are darkened or polarized to "
        "protect the eyes from the glare of the sun) differ only in the plural; leave one out, "
        "or name one by another of its words"
    )


@pytest.mark.parametrize("name", ["crane", "maillot", "missile", "sunglass", "sunglasses"])
def test_a_name_of_two_imagenet_classes_is_refused_with_both_shown(name: str) -> None:
    with pytest.raises(RecipeError) as error:
        pick_imagenet_classes([name])
    first, *both = str(error.value).splitlines()
    assert first == (
        f"classes.select[0]: {name!r} names 2 ImageNet classes; give the wnid or the index of the "
        "one you mean:"
    )
    assert len(both) == 2


def test_every_open_word_is_told_at_once_and_the_review_file_that_leaves_it_open() -> None:
    with pytest.raises(RecipeError) as error:
        make_word_classes(["crane", "bank", "blorple"], answered())
    blorple, crane, bank = (str(problem).splitlines()[0] for problem in error.value.problems)
    assert blorple.startswith("classes.words[2]: WordNet 3.0 has no noun 'blorple'")
    assert crane.startswith("classes.words[0]: 'crane' has 5 senses; name one, or add a hint")
    assert bank == (
        "classes.words[1]: 'bank' has 10 senses, and senses.yaml doesn't choose one; write the "
        "name of one after `sense`:"
    )


def test_a_plain_name_with_a_sense_keeps_its_key_and_folder() -> None:
    crane, owl = add_senses(make_name_classes(["crane", "owl"]), {"crane": "crane.n.05"})
    assert (crane.key, crane.folder, crane.name) == ("crane",) * 3
    assert (crane.wnid, crane.hypernym, owl.wnid) == ("n02012849", "wading bird", None)


def test_plain_names_of_one_sense_are_refused_with_both_shown() -> None:
    with pytest.raises(RecipeError) as error:
        add_senses(
            make_name_classes(["car", "automobile"]), {"car": "car.n.01", "automobile": "car.n.01"}
        )
    assert str(error.value) == (
        "classes.senses: 'car' (label 0, car) and 'automobile' (label 1, automobile) share the "
        "synset 'n02958343'; give each class its own sense, or leave one out"
    )


def test_senses_of_no_class_and_unknown_synsets_are_told_together() -> None:
    with pytest.raises(RecipeError) as error:
        add_senses(make_name_classes(["crane"]), {"crne": "crane.n.05", "crane": "crane.n.99"})
    first, second = map(str, error.value.problems)
    assert first == "classes.senses.crne: there is no class called 'crne'; did you mean 'crane'?"
    assert second.startswith("classes.senses.crane: WordNet 3.0 has no noun 'crane.n.99'")
