"""Designed variety: each template and each word as often as any other, class by class.

In each class every list of words is dealt like a deck of cards: shuffled, dealt out, shuffled anew.
After any number of images the uses of two words of a list differ by one at most. Each list has
shuffles of its own, so that no word keeps company with a word of another list.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import shake_256

from synthset.prompts.templates import Variations, find_fields, write
from synthset.taxonomy.classlists import ClassEntry

DRAW_BYTES = 8  # of each draw of a shuffle; under 2**32 cards the bias is below 2**-32


def render_balanced(
    templates: Sequence[str], variations: Variations, entry: ClassEntry, seed: int, index: int
) -> str:
    """Write the prompt of one record.

    It depends on the seed, the class and the number of the image in its class, so that more images
    never change the first ones.

    >>> from synthset.taxonomy.classlists import make_name_classes
    >>> (owl,) = make_name_classes(["owl"])
    >>> where = {"where": ["at night", "in a barn"]}
    >>> sorted(render_balanced(["{a_class} {where}"], where, owl, 0, i) for i in range(2))
    ['an owl at night', 'an owl in a barn']

    Args:
        templates: the templates, at least one.
        variations: words by field.
        entry: the class.
        seed: the recipe's seed.
        index: number of the image in its class, from 0.
    """

    def choose(purpose: str, count: int) -> int:
        field = purpose.removeprefix("variation:")
        turn = (
            index
            if purpose == "template"
            else count_earlier(templates, field, entry.key, seed, index)
        )
        return deal_card(seed, entry.key, purpose, turn, count)

    return write(templates, variations, entry, choose)


def deal_card(seed: int, class_key: str, purpose: str, turn: int, count: int) -> int:
    """Return the card that is dealt at a turn, from 0, of `count` cards."""
    if count == 1:
        return 0
    times, place = divmod(turn, count)
    return shuffle_numbers(seed, class_key, purpose, times, count)[place]


def count_earlier(
    templates: Sequence[str], field: str, class_key: str, seed: int, index: int
) -> int:
    """Count the images before one whose templates mention a field: only those use up a word."""
    uses = find_mentions(tuple(templates), field)
    if all(uses):
        return index
    times, place = divmod(index, len(uses))
    if place == 0:
        return times * sum(uses)
    order = shuffle_numbers(seed, class_key, "template", times, len(uses))
    return times * sum(uses) + sum(uses[template] for template in order[:place])


@lru_cache(maxsize=256)
def find_mentions(templates: tuple[str, ...], field: str) -> tuple[bool, ...]:
    """Tell of each template whether it mentions a field."""
    return tuple(field in find_fields(template) for template in templates)


@lru_cache(maxsize=20_000)
def shuffle_numbers(
    seed: int, class_key: str, purpose: str, times: int, count: int
) -> tuple[int, ...]:
    """Shuffle the numbers below `count`, the same on every machine and Python version.

    Fisher and Yates's shuffle, its draws taken from a hash of the other arguments.
    """
    text = f"synthset-deck:{seed}:{class_key}:{purpose}:{times}"
    drawn = shake_256(text.encode()).digest(DRAW_BYTES * count)
    cards = list(range(count))
    for last in range(count - 1, 0, -1):
        here = drawn[DRAW_BYTES * last : DRAW_BYTES * (last + 1)]
        other = int.from_bytes(here, "big") % (last + 1)
        cards[last], cards[other] = cards[other], cards[last]
    return tuple(cards)
