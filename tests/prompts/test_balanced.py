"""Designed variety: every word as often as any other, no two words always together."""

from __future__ import annotations

from collections import Counter
from itertools import product

from synthset.prompts.balanced import deal_card, render_balanced
from synthset.taxonomy.classlists import make_name_classes

OWL, DOG = make_name_classes(["owl", "dog"])
WORDS = {"where": ["barn", "wood", "park"], "light": ["sun", "fog", "rain", "dusk"]}
BOTH = ["{class} {where} {light}"]


def prompts(templates, count, entry=OWL, seed=0, words=WORDS):
    return [render_balanced(templates, words, entry, seed, index) for index in range(count)]


def uses(texts):
    return Counter(word for text in texts for word in text.split())


def test_after_any_number_of_images_the_uses_differ_by_one_at_most():
    texts = prompts(BOTH, 50)
    for count in range(1, 51):
        found = uses(texts[:count])
        for words in WORDS.values():
            times = [found[word] for word in words]
            assert max(times) - min(times) <= 1


def test_words_that_only_some_templates_mention_are_balanced_all_the_same():
    texts = prompts(["{class}", "{class} {where}", "one {class} {where} {light}"], 100)
    for count in range(1, 101):
        found = uses(texts[:count])
        for words in WORDS.values():
            times = [found[word] for word in words]
            assert max(times) - min(times) <= 1
    kinds = Counter(len(text.split()) for text in texts)
    assert max(kinds.values()) - min(kinds.values()) <= 1


def test_more_images_never_change_the_first_ones():
    assert prompts(BOTH, 40)[:7] == prompts(BOTH, 7)


def test_no_word_keeps_company_with_a_word_of_another_list():
    """1,200 images, 12 pairs: 100 each, give or take what chance gives (deviation under 9)."""
    pairs = Counter(tuple(text.split()[1:]) for text in prompts(BOTH, 1200))
    assert set(pairs) == set(product(*WORDS.values()))
    assert all(70 < times < 130 for times in pairs.values())


def test_lists_of_one_length_are_not_dealt_in_step():
    words = {"a": list("pqrs"), "b": list("wxyz")}
    pairs = {text for text in prompts(["{class} {a} {b}"], 200, words=words)}
    assert len(pairs) == 16


def test_classes_and_seeds_have_their_own_order():
    assert len({tuple(t.split()[1] for t in prompts(BOTH, 30, entry=e, seed=s))
                for e in (OWL, DOG) for s in (0, 1)}) == 4  # fmt: skip


def test_the_deal_is_the_same_everywhere():
    """Values computed once; a dataset's prompts hang on them."""
    assert [deal_card(0, "owl", "template", turn, 5) for turn in range(10)] == DEALT
    assert prompts(BOTH, 3) == ["owl barn dusk", "owl wood sun", "owl park fog"]


DEALT = [1, 2, 4, 3, 0, 2, 3, 0, 1, 4]
