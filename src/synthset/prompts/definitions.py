"""Keep definitions within what a text encoder reads: CLIP's stops, without a word, at 77 tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from synthset.prompts.templates import (
    Templates,
    Variations,
    find_fields,
    get_templates,
    look_up_definition,
    render,
)
from synthset.taxonomy.classlists import ClassEntry

CLIP_TOKENS = 77  # context length of CLIP's text encoder, start and end tokens included
BRACKETS = re.compile(r"\s*\([^()]*\)")
STRONG = re.compile(r"\s*[;:]\s|\s+--?\s")
WEAK = re.compile(
    r",\s|\s+(?=(?:that|which|who|whose|where|when|while|with|without|having|used|made|found|"
    r"formerly|especially|usually|often|and|or|but|for|from|by|in|of|on|to)\s)"
)
ANYWHERE = re.compile(r"\s+")
#: Words that cannot end a definition.
LOOSE_ENDS = re.compile(
    r"(?:(?:^|[\s,;:(-]+)(?:a|an|the|and|or|but|of|in|on|at|to|by|for|from|with|without|as|that|which|who|"
    r"whose|where|when|while|is|are|has|having|its|their|used|made|very|usually|often))+$"
)

CountTokens = Callable[[str], int]


def count_words(text: str) -> int:
    """Count words: the measure where no tokenizer is at hand."""
    return len(text.split())


def shorten(gloss: str, limit: int, count: CountTokens = count_words) -> str:
    """Cut a definition to at most `limit` tokens where it hurts least.

    Brackets go first. Then the longest beginning that fits is kept: one that ends at a comma or
    before a word such as "that", or one at least half as long that ends at a semicolon; where no
    boundary fits, as many whole words as do.

    >>> shorten("a member of the genus Canis (probably descended from the common wolf) that has "
    ...         "been domesticated by man since prehistoric times; occurs in many breeds", 16)
    'a member of the genus Canis that has been domesticated by man since prehistoric times'

    Args:
        gloss: the definition.
        limit: the most that `count` may say of the result; "" if not even one word fits.
        count: counts tokens; it must not fall when text gets longer.
    """
    if count(gloss) <= limit:
        return gloss
    bare = remove_brackets(gloss)
    if count(bare) <= limit:
        return bare
    strong = find_longest(bare, STRONG, limit, count)
    weak = find_longest(bare, WEAK, limit, count)
    if 2 * len(strong) >= len(weak) > 0:
        return strong
    return weak or find_longest(bare, ANYWHERE, limit, count)


def fit_glosses(
    entries: Iterable[ClassEntry],
    templates: Templates,
    variations: Variations,
    count: CountTokens,
    limit: int = CLIP_TOKENS,
) -> tuple[ClassEntry, ...]:
    """Shorten glosses so that no prompt that uses {gloss} is cut by the text encoder.

    The room is what the longest of the class's own prompts leaves, with the longest words of each
    variation. Without {gloss} in a template, or without a gloss, an entry stays as it is.

    Args:
        entries: the classes.
        templates: as for `render`.
        variations: as for `render`.
        count: tokens of a whole text, start and end tokens included, as the encoder reads it.
        limit: the encoder's context length.
    """
    using = [template for template in get_templates(templates) if "gloss" in find_fields(template)]
    longest_words = {name: [max(texts, key=count)] for name, texts in variations.items() if texts}
    return tuple(fit_gloss(entry, using, longest_words, count, limit) for entry in entries)


def fit_gloss(
    entry: ClassEntry,
    templates: Sequence[str],
    longest_words: Mapping[str, Sequence[str]],
    count: CountTokens,
    limit: int,
) -> ClassEntry:
    """Shorten one class's gloss until its longest prompt fits."""
    full = look_up_definition(entry)
    if not templates or not full.gloss:
        return entry

    def tokens(gloss: str) -> int:
        wanted = replace(full, gloss=gloss)
        return max(count(render([text], longest_words, wanted, seed=0)) for text in templates)

    return replace(full, gloss=shorten(full.gloss, limit, tokens))


def remove_brackets(text: str) -> str:
    """Take out everything in round brackets, the inner pairs first."""
    while BRACKETS.search(text):
        text = BRACKETS.sub("", text)
    return text.strip()


def find_longest(text: str, boundary: re.Pattern[str], limit: int, count: CountTokens) -> str:
    """Return the longest beginning that ends before a boundary and fits; "" if none does."""
    ends = [match.start() for match in boundary.finditer(text)]
    beginnings = (trim(text[:end]) for end in reversed(ends))
    return next((start for start in beginnings if start and count(start) <= limit), "")


def trim(text: str) -> str:
    """Take the words and marks off the end that leave a definition hanging."""
    return LOOSE_ENDS.sub("", text.rstrip(" ,;:(-")).rstrip(" ,;:(-")
