"""Captions name classes by whole words."""

import re
from itertools import islice

import pytest

from synthset.taxonomy import wordnet
from synthset.taxonomy.classlists import make_name_classes, make_synset_entry
from synthset.taxonomy.matching import SEVERAL, CaptionMatcher, split_words


def matcher_of(*synsets):
    return CaptionMatcher([make_synset_entry(wordnet.load().synset(name)) for name in synsets])


def test_a_lemma_of_several_classes_matches_none_of_them_and_is_listed():
    matcher = matcher_of("crane.n.04", "crane.n.05", "heron.n.02")
    assert matcher.match(["a crane over the harbour", "crane and heron"]) == [{}, {2: "heron"}]
    assert matcher.shared == {"crane": (0, 1)}


def test_a_word_with_other_senses_matches_where_the_list_has_one_of_them():
    assert matcher_of("crane.n.05").match(["a crane"]) == [{0: "crane"}]


def test_two_lemmas_of_one_synset_are_one_match_and_two_synsets_are_two():
    matcher = matcher_of("dog.n.01", "cat.n.01")
    found = matcher.match(["Canis familiaris, the domestic dog", "true cat meets dog"])
    assert found == [{0: "canis familiaris"}, {1: "true cat", 0: "dog"}]


@pytest.mark.parametrize(
    "caption", ["HOT-DOG!", "a hot  dog", "hot_dog.jpg", "“hot dog”", "(hot,dog)"]
)
def test_case_and_punctuation_do_not_count(caption):
    assert CaptionMatcher(make_name_classes(["Hot dog"])).match([caption]) == [{0: "hot dog"}]


@pytest.mark.parametrize("caption", ["hot dogs", "shot dog", "hot big dog", "dog hot", "hot", ""])
def test_other_words_and_plurals_do_not_match(caption):
    assert CaptionMatcher(make_name_classes(["hot dog"])).match([caption]) == [{}]


def test_accents_match_however_they_are_encoded():
    matcher = CaptionMatcher(make_name_classes(["crème brûlée"]))
    assert matcher.match(["cre\u0300me bru\u0302le\u0301e"]) == [{0: "crème brûlée"}]


def test_a_lemma_inside_a_longer_one_does_not_count_even_if_the_longer_names_several():
    matcher = CaptionMatcher(make_name_classes(["lion", "sea lion", "sea lion pup"]))
    assert matcher.match(["sea lion", "lion, sea lion", "sea lion pups"]) == [
        {1: "sea lion"},
        {0: "lion", 1: "sea lion"},
        {1: "sea lion"},
    ]
    shared = matcher_of("tiger.n.02", "tiger_cat.n.01", "tiger_cat.n.02")
    assert shared.match(["a tiger cat", "a tiger"]) == [{}, {0: "tiger"}]


def test_lemmas_that_overlap_both_count():
    matcher = CaptionMatcher(make_name_classes(["school bus", "bus stop"]))
    assert matcher.match(["school bus stop"]) == [{0: "school bus", 1: "bus stop"}]


def test_the_tree_finds_what_a_search_for_each_lemma_finds():
    synsets = wordnet.load().closure("canine.n.02")
    matcher = CaptionMatcher([make_synset_entry(synset) for synset in synsets])
    captions = [synset.gloss for synset in islice(wordnet.load(), 7000, 12000)]
    longest: dict[str, set[int]] = {}
    for label, synset in enumerate(synsets):
        for lemma in synset.lemmas:
            longest.setdefault(" ".join(split_words(lemma)), set()).add(label)
    pattern = "|".join(sorted(map(re.escape, longest), key=len, reverse=True))
    for caption, found in zip(captions, matcher.match(captions), strict=True):
        hits = re.findall(rf"(?<= )(?:{pattern})(?= )", f" {' '.join(split_words(caption))} ")
        assert set(found) == {i for hit in hits if len(longest[hit]) == 1 for i in longest[hit]}
    assert sum(map(len, matcher.match(captions))) > 100
    assert SEVERAL not in {label for found in matcher.match(captions) for label in found}
