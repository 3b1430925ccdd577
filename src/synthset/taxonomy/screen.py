"""People and offensive words: what a list of WordNet classes leaves out unless it is asked for.

A picture of "a debtor" or of an ethnic group shows a prejudice and no class.
Paper: Yang et al. 2020, Towards Fairer Datasets, arXiv 1912.07726
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from synthset.taxonomy import wordnet
from synthset.taxonomy.wordnet import Synset

#: What can be screened: persons, and synsets or words that WordNet calls offensive.
Screen = Literal["people", "offensive"]
SCREENS: tuple[Screen, ...] = ("people", "offensive")

FILE = "screened-synsets.tsv"  # made by scripts/taxonomy/build_screen.py, which states the criteria
PERSON = "person.n.01"
ORGANISM = "organism.n.01"


@dataclass(frozen=True, slots=True)
class Screened:
    """A synset that is left out, and which screen leaves it out."""

    synset: Synset
    screen: Screen
    criterion: str


def screen_synset(synset: Synset, screens: Sequence[Screen] = SCREENS) -> Screened | None:
    """Tell whether a synset is left out, and why; the offensive first.

    >>> screen_synset(wordnet.load().synset("firefighter.n.01")).criterion
    'under person.n.01'
    >>> screen_synset(wordnet.load().synset("fire_engine.n.01")) is None
    True

    Args:
        synset: any noun synset.
        screens: which screens are on.
    """
    criterion = read_offensive_synsets().get(synset.number)
    if "offensive" in screens and criterion:
        return Screened(synset, "offensive", criterion)
    if "people" in screens and synset.number in read_people():
        return Screened(synset, "people", read_people()[synset.number])
    return None


def sift(
    synsets: Iterable[Synset], screens: Sequence[Screen] = SCREENS
) -> tuple[list[Synset], list[Screened]]:
    """Part synsets into those that pass and those that are left out, each in their order."""
    passed: list[Synset] = []
    left_out: list[Screened] = []
    for synset in synsets:
        found = screen_synset(synset, screens)
        if found:
            left_out.append(found)
        else:
            passed.append(synset)
    return passed, left_out


def list_decent_lemmas(synset: Synset) -> tuple[str, ...]:
    """Return the lemmas of a synset without those that WordNet calls offensive."""
    places = read_offensive_lemmas().get(synset.number, set())
    return tuple(word for place, word in enumerate(synset.lemmas, 1) if place not in places)


@cache
def read_people() -> dict[str, str]:
    """Map the number of every person to the criterion.

    Persons are what lies under person.n.01, instances included, and the few organisms beside it
    that WordNet files as persons ("mascot"). Nothing under person.n.01 is an object too: the other
    hypernyms there are groups, titles and offices.
    """
    nouns = wordnet.load()
    beside = {
        synset.number: "filed under noun.person"
        for synset in nouns.closure(ORGANISM, instances=True)
        if synset.lexical_file == "noun.person"
    }
    under = {synset.number: f"under {PERSON}" for synset in nouns.closure(PERSON, instances=True)}
    return beside | under


@cache
def read_offensive_synsets() -> dict[str, str]:
    """Map the number of each offensive synset to the criterion."""
    return {row["number"]: row["criterion"] for row in read_table() if not row["lemma"]}


@cache
def read_offensive_lemmas() -> dict[str, set[int]]:
    """Map the number of a synset to the places, from 1, of its offensive words."""
    found: dict[str, set[int]] = {}
    for row in read_table():
        if row["lemma"]:
            found.setdefault(row["number"], set()).add(int(row["lemma"]))
    return found


@cache
def read_table() -> list[dict[str, str]]:
    text = (files("synthset.taxonomy") / "data" / FILE).read_text(encoding="ascii")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
