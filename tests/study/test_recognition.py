"""Answers of a classifier, summed up class by class and group by group."""

import numpy as np
import pytest

from synthset.encoders.classlist import OutputClasses
from synthset.errors import UsageError
from synthset.results.recognition import RULES, Answers
from synthset.study.join import ClassMatches
from synthset.study.recognition import sum_up
from synthset.taxonomy.classlists import pick_wordnet_classes
from synthset.taxonomy.groups import group

CLASSES = OutputClasses(names=("tabby", "collie", "truck", "guitar"))
ENTRIES = pick_wordnet_classes(["cat.n.01", "dog.n.01", "truck.n.01", "tree.n.01"])


def answers(labels, right, predicted, made=None):
    flags = np.array(right, dtype=bool)
    made = np.ones(len(labels), dtype=bool) if made is None else np.array(made)
    recognised = {"top1": flags, "top5": flags, "top1-under": flags, "top5-under": flags}
    probability = np.where(np.array(labels) == 3, np.nan, 0.5)
    return Answers(np.array(labels), made, recognised, probability, np.array(predicted))


def study(by="top1", **changes):
    """Cat 2 of 2, dog 1 of 2, truck 0 of 2 (one without an image), tree unknown."""
    said = answers(
        labels=[0, 0, 1, 1, 2, 2, 3],
        right=[1, 1, 1, 0, 0, 0, 0],
        predicted=[0, 0, 1, 0, 3, -1, 1],
        made=[True, True, True, True, True, False, True],
    )
    exact = changes.get("exact", ((0,), (1,), (2,), ()))
    joined = ClassMatches(exact, ((0,), (1,), (2,), ()))
    grouping = group(ENTRIES, {"animal": "animal.n.01", "pet": ["dog.n.01"], "plant": "plant.n.02"})
    return sum_up(ENTRIES, said, CLASSES, joined, grouping, by)


def test_classes_that_the_classifier_cannot_know_are_counted_apart():
    found = study()
    assert [one.entry.name for one in found.unknown] == ["tree"]
    assert found.found["top1"].classes == 3
    assert found.found["top1"].images == 6


def test_an_image_that_was_not_made_counts_as_not_recognised():
    found = study()
    truck = found.classes[2]
    assert (truck.images, truck.made, truck.counts["top1"]) == (2, 1, 0)
    assert found.missing == 1
    assert truck.taken_for == (("guitar", 1),)


def test_mean_and_shares_are_over_classes():
    found = study().found["top1"]
    assert found.mean == 1
    assert found.histogram.tolist() == [1, 1, 1]
    assert found.share_all == pytest.approx(1 / 3)


def test_a_class_under_two_groups_counts_in_both():
    groups = {one.name: one for one in study().groups}
    assert groups["animal"].found.images == 4
    assert groups["pet"].found.images == 2
    assert groups["pet"].rate.value == 0.5
    assert study().several == 1


def test_a_group_of_unknown_classes_is_said_to_be_so():
    groups = {one.name: one for one in study().groups}
    assert groups["plant"].found is None
    assert groups["plant"].apart == 1
    assert groups["other"].found.classes == 1


def test_the_best_class_stands_first():
    assert [one.entry.name for one in study().ranked] == ["cat", "dog", "truck"]


def test_all_four_rules_are_summed_up():
    assert list(study().found) == list(RULES)


def test_a_classifier_that_knows_no_class_is_refused():
    with pytest.raises(UsageError, match="--by top1-under"):
        study(exact=((), (), (), ()))
