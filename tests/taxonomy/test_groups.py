"""Hypernym groups: a class belongs to every group above it."""

from __future__ import annotations

import pytest

from synthset.errors import RecipeError
from synthset.taxonomy.classlists import (
    make_name_classes,
    pick_imagenet_classes,
    pick_wordnet_classes,
)
from synthset.taxonomy.groups import DEFAULT, group, settle_groups
from synthset.taxonomy.word_classes import add_senses


def test_a_class_under_two_groups_counts_in_both() -> None:
    entries = pick_wordnet_classes(["missile.n.01", "dog.n.01", "stone.n.02"])
    found = group(entries, ["weapon.n.01", "vehicle.n.01", "animal.n.01"])
    assert found.members == {"weapon": (0,), "vehicle": (0,), "animal": (1,)}
    assert (found.several, found.outside, found.unknown) == ((0,), (2,), ())


def test_a_group_of_two_synsets_counts_a_class_once() -> None:
    entries = pick_wordnet_classes(["pizza.n.01", "apple.n.01"])
    found = group(entries, {"food": ("food.n.01", "food.n.02"), "all": "entity.n.01"})
    assert found.members == {"food": (0, 1), "all": (0, 1)}


def test_a_group_lies_under_itself() -> None:
    assert group(pick_wordnet_classes(["dog.n.01"]), ["dog.n.01"]).members == {"dog": (0,)}


def test_plain_names_count_by_their_only_sense_and_else_apart() -> None:
    entries = make_name_classes(["airplane", "bird", "blorple"])
    found = group(entries)
    assert (found.members["vehicle"], found.unknown) == ((0,), (1, 2))
    told = group(add_senses(entries, {"bird": "bird.n.01"}))
    assert (told.members["animal"], told.unknown) == ((1,), (2,))


def test_the_usual_groups_of_imagenet_have_their_sizes() -> None:
    found = group(pick_imagenet_classes("all"))
    sizes = {name: len(labels) for name, labels in found.members.items()}
    assert sizes == {
        "animal": 398, "plant": 2, "fungus": 7, "food": 48, "person": 3, "vehicle": 67,
        "building": 14, "clothing": 54, "furniture": 22, "musical instrument": 26,
        "instrument": 28, "geological formation": 10,
    }  # fmt: skip


def test_the_usual_groups_are_right() -> None:
    assert list(settle_groups()) == list(DEFAULT)


def test_wrong_groups_are_refused_together() -> None:
    with pytest.raises(RecipeError) as error:
        settle_groups(["animal.n.01", "anmal.n.01", "crane", "animal.n.01"])
    unknown, ambiguous, twice = map(str, error.value.problems)
    assert unknown.startswith(
        "report.groups[1]: WordNet 3.0 has no noun 'anmal.n.01'; did you mean"
    )
    assert ambiguous.startswith("report.groups[2]: 'crane' has 5 senses; name the one you mean:")
    assert twice == (
        "report.groups[3]: two groups are called 'animal'; give names: "
        "`groups: {my name: [dog.n.01]}`"
    )


def test_a_group_without_a_synset_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"report\.groups\.pets: a group has no synset"):
        settle_groups({"pets": []})
