"""Classes of a dataset among those of a classifier."""

import pytest

from synthset.encoders.classlist import OutputClasses, imagenet_classes
from synthset.errors import RecipeError
from synthset.study.join import add_senses, join
from synthset.taxonomy.classlists import (
    make_name_classes,
    pick_imagenet_classes,
    pick_wordnet_classes,
)

CIFAR = OutputClasses(names=("bird", "cat", "dog"))


def test_imagenet_classes_are_joined_by_their_numbers():
    entries = pick_imagenet_classes([207, "n02123045"])
    assert join(entries, imagenet_classes()).exact == ((207,), (281,))


def test_a_wide_synset_is_known_by_what_lies_under_it():
    joined = join(pick_wordnet_classes(["dog.n.01"]), imagenet_classes())
    assert joined.exact == ((),)
    assert len(joined.under[0]) == 118
    assert 207 in joined.under[0]


def test_an_exact_class_is_among_those_under_it():
    joined = join(pick_imagenet_classes([0]), imagenet_classes())
    assert joined.under == ((0,),)


def test_plain_names_are_joined_by_name():
    joined = join(make_name_classes(["dog", "horse"]), CIFAR)
    assert joined.exact == ((2,), ())
    assert joined.under == ((2,), ())


def test_no_sense_is_guessed():
    entries = add_senses(make_name_classes(["crane"]), {})
    assert entries[0].wnid is None
    assert join(entries, imagenet_classes()).exact == ((),)


def test_a_named_sense_joins():
    entries = add_senses(make_name_classes(["crane"]), {"crane": "crane.n.04"})
    machine = join(entries, imagenet_classes()).exact
    entries = add_senses(make_name_classes(["crane"]), {"crane": "crane.n.05"})
    bird = join(entries, imagenet_classes()).exact
    assert (machine, bird) == (((517,),), ((134,),))


def test_one_name_never_joins_two_numbers():
    classes = OutputClasses(names=("crane",), wnids=("n03126707",))
    assert join(pick_wordnet_classes(["crane.n.05"]), classes).exact == ((),)


def test_every_wrong_sense_is_named():
    with pytest.raises(RecipeError) as caught:
        add_senses(make_name_classes(["dog"]), {"dgo": "dog.n.01", "dog": "dog.n.77"})
    assert len(caught.value.problems) == 2
    assert "did you mean 'dog'?" in str(caught.value)
