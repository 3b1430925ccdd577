"""Labels of OpenImages brought to classes: cranes, kinds, and what a person must decide."""

import pytest

from synthset.taxonomy.classlists import (
    make_name_classes,
    pick_imagenet_classes,
    pick_wordnet_classes,
)
from synthset.taxonomy.label_mapping import UNRELATED, Link, describe_sense, find_senses, map_labels
from synthset.taxonomy.open_images import OpenImagesVocabulary
from synthset.taxonomy.wordnet import load

MACHINE, BIRD, CAT, DOG = range(4)
CLASSES = pick_wordnet_classes(
    ["crane.n.04", "crane.n.05", "cat.n.01", "dog.n.01"], shared_names="qualify"
)
PARENTS = {"/m/crane": ("/m/bird",), "/m/bird": ("/m/animal",)}


def mapped(names, parents=PARENTS, classes=CLASSES, nearness=None):
    names = {f"/m/{key}": name for key, name in names.items()}
    found = map_labels(OpenImagesVocabulary(names, parents), classes, nearness)
    links = {link.mid.removeprefix("/m/"): (link.label, link.rule) for link in found.links}
    return links, {one.mid.removeprefix("/m/"): one for one in found.unsure}


def test_parents_tell_the_senses_of_a_word_apart():
    links, unsure = mapped({"crane": "Crane", "bird": "Bird", "animal": "Animal"})
    assert (links, unsure) == ({"crane": (BIRD, "parents")}, {})


def test_a_hint_is_a_parent():
    assert mapped({"c": "Crane (bird)"})[0] == {"c": (BIRD, "parents")}


def test_a_word_with_several_senses_and_nothing_above_it_is_left_to_a_person():
    links, unsure = mapped({"c": "Crane"})
    assert links == {}
    assert unsure["c"].why == "2 senses, and no known label above it"
    assert [label for label, _ in unsure["c"].meanings] == [MACHINE, BIRD]
    assert unsure["c"].suggested == MACHINE


def near(*values):
    return lambda text, others: values[: len(others)]


@pytest.mark.parametrize(("cosines", "label"), [((0.6, 0.2), MACHINE), ((0.2, 0.6), BIRD)])
def test_where_parents_have_no_word_in_wordnet_the_nearest_meaning_decides(cosines, label):
    names, parents = {"c": "Crane", "p": "Wheelers"}, {"/m/c": ("/m/p",)}
    found = map_labels(
        OpenImagesVocabulary({f"/m/{k}": v for k, v in names.items()}, parents),
        CLASSES,
        near(*cosines),
    )
    assert found.links == (Link("/m/c", "Crane", label, "sense", 0.6),)


def test_meanings_that_are_about_as_near_decide_nothing():
    names, parents = {"c": "Crane", "p": "Wheelers"}, {"/m/c": ("/m/p",)}
    links, unsure = mapped(names, parents, nearness=near(0.5, 0.47))
    assert links == {}
    assert "crane.n.04 (0.50) and crane.n.05 (0.47) are about equally near" in unsure["c"].why


def test_a_parent_above_several_senses_tells_none_apart():
    names, parents = {"b": "Bat", "p": "Artifact"}, {"/m/b": ("/m/p",)}
    links, unsure = mapped(names, parents, pick_wordnet_classes(["cricket_bat.n.01"]))
    assert links == {}
    assert unsure["b"].why.endswith("which the names above it don't distinguish")


def test_the_label_is_compared_with_its_parents_and_senses_with_what_lies_above_them():
    asked = []

    def nearness(text, others):
        asked.append((text, others))
        return [0.9, 0.1]

    mapped({"c": "Crane", "p": "Wheelers"}, {"/m/c": ("/m/p",)}, nearness=nearness)
    ((text, others),) = asked
    assert text == "Crane, a kind of Wheelers"
    assert others[0].endswith(", a kind of lifting device, device, instrumentality")


def test_a_kind_of_one_class_is_narrower_and_many_labels_mean_one_class():
    links, _ = mapped({"t": "Tabby cat", "d": "Beagle", "e": "Poodles", "x": "Unicycle"})
    assert links == {"t": (CAT, "narrower"), "d": (DOG, "narrower"), "e": (DOG, "narrower")}


def test_a_kind_of_two_classes_is_left_to_a_person_and_a_class_itself_is_not():
    classes = pick_wordnet_classes(["dog.n.01", "hunting_dog.n.01", "beagle.n.01"])
    links, unsure = mapped({"p": "Poodle", "b": "Beagle", "f": "Foxhound"}, {}, classes)
    assert links == {"p": (0, "narrower"), "b": (2, "exact")}
    assert unsure["f"].why == "foxhound.n.01 is under several classes"


def test_a_label_that_wordnet_lacks_goes_with_the_labels_above_it():
    parents = {"/m/o": ("/m/t",), "/m/t": ("/m/a",)}
    names = {"o": "Snowshoe-lynx point", "t": "Tabby cat", "a": "Animal"}
    assert mapped(names, parents)[0] == {"o": (CAT, "narrower"), "t": (CAT, "narrower")}
    torn = {"/m/o": ("/m/t", "/m/b")}
    links, unsure = mapped({**names, "b": "Beagle"}, torn)
    assert "o" not in links
    assert unsure["o"].why == "the labels above it mean several classes"


def test_case_number_and_punctuation_do_not_count():
    jersey, glasses = pick_wordnet_classes(["jersey.n.03", "spectacles.n.01"])
    links, _ = mapped({"a": "T SHIRTS", "b": "t-shirt", "c": "Glasses"}, {}, [jersey, glasses])
    assert links == {"a": (0, "exact"), "b": (0, "exact"), "c": (1, "exact")}


def test_people_with_a_name_are_no_sense_of_a_label():
    assert "crane.n.01" in [sense.name for sense in load().senses("crane")]
    assert [sense.name for sense in find_senses("Cranes")] == ["crane.n.04", "crane.n.05"]


def test_a_class_without_a_synset_is_found_by_its_name():
    links, unsure = mapped({"a": "Cranes", "b": "Lorry"}, {}, make_name_classes(["crane", "truck"]))
    assert (links, unsure) == ({"a": (0, "exact")}, {})


def test_a_name_that_is_a_class_and_a_sense_of_another_is_left_to_a_person():
    classes = [*make_name_classes(["crane"]), *pick_wordnet_classes(["bird.n.01"])]
    links, unsure = mapped({"c": "Crane"}, {}, classes)
    assert links == {}
    assert unsure["c"].why == "a class has its name, and others have its senses"


def test_all_senses_under_one_class_need_no_choice():
    links, _ = mapped({"h": "Poodle"}, {}, pick_wordnet_classes(["entity.n.01"]))
    assert links == {"h": (0, "narrower")}


def test_a_sense_is_described_without_its_word():
    assert describe_sense(load().synset("beagle.n.01")) == (
        "a small short-legged smooth-coated breed of hound, a kind of hound, hunting dog, dog"
    )


def test_a_label_with_the_name_of_a_class_means_it_though_its_parents_know_another_sense():
    classes = pick_imagenet_classes(["castle", "rooster", "clownfish"])
    names = {"c": "Castle", "r": "Roosters", "d": "Clownfish", "b": "Building", "a": "Bird"}
    parents = {"/m/c": ("/m/b",), "/m/r": ("/m/a",)}
    links, unsure = mapped(names, parents, classes)
    called = {key: (classes[label].name, rule) for key, (label, rule) in links.items()}
    assert called == {
        "c": ("castle", "exact"), "r": ("rooster", "exact"), "d": ("clownfish", "exact")
    }  # fmt: skip
    assert unsure == {}


def test_a_label_of_another_kind_than_the_class_of_its_name_is_left_to_a_person():
    classes = pick_wordnet_classes(["mouse.n.04"])  # of a computer
    links, unsure = mapped({"m": "Mouse", "r": "Rodent"}, {"/m/m": ("/m/r",)}, classes)
    assert links == {}
    assert unsure["m"].suggested == 0
    assert "mouse.n.01, which is not a class" in unsure["m"].why


def test_of_two_classes_of_one_kind_with_its_name_the_nearest_alone_is_not_taken():
    classes = pick_wordnet_classes(
        ["giant_panda.n.01", "lesser_panda.n.01"], shared_names="qualify"
    )
    parents = {"/m/p": ("/m/c",)}
    links, unsure = mapped({"p": "Panda", "c": "Beast"}, parents, classes, near(0.1, 0.9))
    assert links == {}
    assert unsure["p"].suggested == 0  # the giant one, of which the word is used most


def test_a_hint_of_another_thing_is_left_to_a_person():
    classes = pick_wordnet_classes(["basketball.n.02"])
    links, unsure = mapped({"b": "Basketball (Game)", "c": "Basketball (Ball)"}, {}, classes)
    assert links == {"c": (0, "parents")}
    assert [label for label, _ in unsure["b"].meanings] == [None, 0]


def test_every_label_is_linked_left_to_a_person_or_counted_with_a_reason():
    names = ["Crane", "Crane (bird)", "Poodle", "Cat", "Dog (Zodiac)", "Chair", "Xyzzy", "Chow"]
    vocabulary = OpenImagesVocabulary({f"/m/{i}": name for i, name in enumerate(names)})
    found = map_labels(vocabulary, CLASSES)
    counts = (len(found.links), len(found.unsure), *found.left.values())
    assert sum(counts) == len(names)
    assert found.left[UNRELATED] == 2  # chair, xyzzy
