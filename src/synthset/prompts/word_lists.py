"""Lists of words that ship with synthset: backgrounds, views, lights, actions, counts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from synthset.recipe.prompts import Words


def fill_in_words(variations: Mapping[str, Words]) -> dict[str, tuple[str, ...]]:
    """Replace `shipped` by the words that it stands for.

    >>> fill_in_words({"view": "shipped", "where": ("at home",)})["view"][0]
    'seen from the front'
    """
    return {
        field: read_shipped_words(field) if isinstance(words, str) else words
        for field, words in variations.items()
    }


@cache
def read_shipped_words(field: str) -> tuple[str, ...]:
    """Read the words for a field; one of `SHIPPED_WORDS` of the recipe's settings."""
    text = (files("synthset.prompts") / "data" / f"{field}.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if not line.startswith("#"))
