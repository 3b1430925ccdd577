"""The English indefinite article: a dog, an orange, an hourglass, a unicycle, sunglasses."""

from __future__ import annotations

import re

HAS_ARTICLE = re.compile(r"(a|an|the) ", re.IGNORECASE)
SILENT_H = re.compile(r"(heir|honest|honou?r|hour)", re.IGNORECASE)
SOUNDS_LIKE_YOU = re.compile(  # a unicycle, a European polecat, a ukulele, a ewe, a Utah lake
    r"(eu|ewe|u-|ua|ubiq|uga|ui|uk[eru]|ur[aeio]|urug|us[aeiu]|ut[aeio]|uv[aeiou]|uni(?!n|m))",
    re.IGNORECASE,
)
SOUNDS_LIKE_WON = re.compile(r"(one|once)\b", re.IGNORECASE)
SPELT_OUT = re.compile(r"[A-Z](?:[A-Z0-9]+s?)?\b(?!\.)")  # an X-ray, an SUV, a UFO
SAID_AS_A_WORD = re.compile(r"[A-Z][AEIOU][A-Z]{2,}|(RAM|ROM|LAN|SIM)\b")  # a NASA rocket
VOWEL_LETTERS = "AEFHILMNORSX"  # letters whose own names begin with a vowel
VOWEL_NUMBERS = re.compile(r"8|1[18](\d\d)?(?!\d)")  # an 80 cm ruler, an 18th, an 1811 map
PLURAL = re.compile(r"((?<![aiosu])s|(pajama|pyjama|maraca)s)$", re.IGNORECASE)
SINGULAR = re.compile(r"(lens|ceratops|biceps|species|series)$", re.IGNORECASE)
AFTER_HEAD = re.compile(r"\s*(\(| of | at | in | with | for ).*")  # a house of cards


def add_article(words: str) -> str:
    """Put "a" or "an" before a name; a plural, and a name with an article, stay as they are.

    The rules go by sound, as far as spelling tells it.

    >>> add_article("orange"), add_article("unicycle"), add_article("hourglass")
    ('an orange', 'a unicycle', 'an hourglass')
    >>> add_article("X-ray"), add_article("mashed potatoes")
    ('an X-ray', 'mashed potatoes')
    """
    if HAS_ARTICLE.match(words) or is_plural(words):
        return words
    return f"{'an' if begins_with_vowel_sound(words) else 'a'} {words}"


def is_plural(words: str) -> bool:
    """Tell whether the head of a name is a plural, as in "jeans" or "swim trunks / shorts"."""
    head = AFTER_HEAD.sub("", words)
    return bool(PLURAL.search(head)) and not SINGULAR.search(head)


def begins_with_vowel_sound(words: str) -> bool:
    """Tell whether a name begins with a vowel when it is spoken."""
    if SPELT_OUT.match(words) and not SAID_AS_A_WORD.match(words):
        return words[0] in VOWEL_LETTERS
    if words[:1].isdigit():
        return bool(VOWEL_NUMBERS.match(words))
    if SILENT_H.match(words):
        return True
    if SOUNDS_LIKE_YOU.match(words) or SOUNDS_LIKE_WON.match(words):
        return False
    return words[:1].lower() in tuple("aeiou")
