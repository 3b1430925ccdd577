"""Whose turn it is."""

from collections import Counter

import pytest

from synthset.formats.listed import Label, Listed
from synthset.sources.parents import Parents

STRENGTHS = (0.25, 0.5, 0.75, 1.0)


def found(count, label=0):
    return [
        (Listed(f"{i}.png", Label("cat"), origin="real", content=f"c{i}", num_bytes=1), label)
        for i in range(count)
    ]


def drawn(count, records, strengths=STRENGTHS):
    parents = Parents(0, found(count), strengths)
    return [
        (image.content, strength)
        for image, strength in map(lambda i: parents.at(0, i), range(records))
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 10])
def test_over_as_many_turns_as_strengths_each_image_gets_each_strength_once(count):
    assert set(Counter(drawn(count, 4 * count)).values()) == {1}
    assert len(set(drawn(count, 4 * count))) == 4 * count


@pytest.mark.parametrize("count", [3, 4, 10])
def test_each_turn_takes_each_image_once_and_strengths_evenly(count):
    for turn in range(3):
        mine = drawn(count, 3 * count)[turn * count : (turn + 1) * count]
        assert len({content for content, _ in mine}) == count
        times = Counter(strength for _, strength in mine)
        assert max(times.values()) - min(times.get(s, 0) for s in STRENGTHS) <= 1


def test_each_turn_has_another_order_and_records_may_be_asked_in_any_order():
    parents = Parents(0, found(20))
    order = [parents.at(0, i)[0].content for i in range(40)]
    assert order[:20] != order[20:]
    assert [parents.at(0, i)[0].content for i in reversed(range(40))] == order[::-1]


def test_classes_start_at_other_strengths():
    parents = Parents(0, [*found(3, 0), *found(3, 1), *found(3, 2)], STRENGTHS)
    assert [parents.at(label, 0)[1] for label in range(3)] == [0.25, 0.5, 0.75]


def test_equal_images_count_once():
    parents = Parents(0, [*found(2), *found(2)])
    assert len({parents.at(0, i)[0].content for i in range(2)}) == 2
