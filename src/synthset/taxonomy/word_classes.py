"""Classes from free words, each brought to one WordNet sense, and synsets for plain names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from synthset.errors import Problem, RecipeError, did_you_mean
from synthset.taxonomy import imagenet, wordnet
from synthset.taxonomy.classlists import ClassEntry, make_synset_entry, refuse_collisions
from synthset.taxonomy.review import Review
from synthset.taxonomy.senses import Nearness, explain_refusal, match


def make_word_classes(
    words: Sequence[str],
    review: Review | None = None,
    nearness: Nearness | None = None,
    where: str = "classes",
) -> tuple[ClassEntry, ...]:
    """Make one class of each word, known by the number of its sense and called as it was written.

    >>> [(entry.name, entry.key) for entry in make_word_classes(["crane (bird)", "unicycle"])]
    [('crane (bird)', 'n02012849'), ('unicycle', 'n04509417')]

    Args:
        words: as for `senses.match`, in the order of the labels.
        review: answers for the words that have several senses.
        nearness: compares a hint with definitions.
        where: the place in the recipe, for messages.

    Raises:
        RecipeError: a word has several senses or none, two words mean the same sense or differ in
            their plural only; every problem at once.
    """
    answers = review.answers if review else {}
    matched = match(words, answers, nearness, f"{where}.words")
    undecided = review.undecided if review else frozenset[str]()
    problems = list(matched.problems)
    for question in matched.questions:
        known = review.path if review and question.word in undecided else None
        problems.append(explain_refusal(question, known))
    if problems:
        raise RecipeError.of(problems)
    senses = [sense for sense in matched.senses if sense is not None]
    entries = [
        replace(make_synset_entry(sense), name=" ".join(word.split()))
        for word, sense in zip(words, senses, strict=True)
    ]
    refuse_collisions(entries, where)
    refuse_plurals(entries, where)
    return tuple(entries)


def add_senses(
    entries: Sequence[ClassEntry], answers: Mapping[str, str], where: str = "classes.senses"
) -> tuple[ClassEntry, ...]:
    """Give plain classes their synsets; what identifies them (key, name, folder) stays.

    Args:
        entries: classes with plain names.
        answers: class name -> synset; classes that it lacks stay without.
        where: the place in the recipe, for messages.

    Raises:
        RecipeError: an unknown synset, an answer for no class, or two classes of one sense.
    """
    names = [entry.name for entry in entries]
    problems = [
        Problem(f"{where}.{name}", f"there is no class called {name!r}", did_you_mean(name, names))
        for name in answers
        if name not in names
    ]
    found: list[ClassEntry] = []
    for entry in entries:
        try:
            found.append(add_sense(entry, answers.get(entry.name), where))
        except RecipeError as error:
            problems += error.problems
    if problems:
        raise RecipeError.of(problems)
    return refuse_collisions(found, where)


def add_sense(entry: ClassEntry, sense: str | None, where: str) -> ClassEntry:
    """Give one class its synset, if there is one."""
    if sense is None:
        return entry
    words = make_synset_entry(wordnet.load().synset(sense, f"{where}.{entry.name}"))
    return replace(words, key=entry.key, name=entry.name, folder=entry.folder)


def refuse_plurals(entries: Sequence[ClassEntry], where: str) -> None:
    """Refuse words that a picture can't tell apart: "sunglass" and "sunglasses"."""
    seen: dict[tuple[str, str], ClassEntry] = {}
    problems = []
    for entry in entries:
        first = seen.setdefault(_but_plural(entry.name), entry)
        if first is not entry:
            pair = f"{_show_entry(first)} and {_show_entry(entry)}"
            right = "leave one out, or name one by another of its words"
            if entry.wnid is None:
                right += ", or give the sense of each under `senses`"
            problems.append(Problem(where, f"{pair} differ only in the plural", right))
    if problems:
        raise RecipeError.of(problems)


def _but_plural(name: str) -> tuple[str, str]:
    """What a picture can tell of a name: its words, and its symbols, as in C++."""
    return imagenet.name_key(name), re.sub(r"[^\W_]|[\s'’]", "", name)


def _show_entry(entry: ClassEntry) -> str:
    return f"{entry.name!r} ({entry.key}: {entry.gloss})" if entry.gloss else repr(entry.name)
