"""Match free words to WordNet senses, and keep what only a person can decide for a review file.

A word is settled by an answer given before, else by its only sense, else by the hint after it:
"crane (bird)". No sense is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from synthset.errors import Problem, RecipeError
from synthset.taxonomy import wordnet
from synthset.taxonomy.screen import screen_synset
from synthset.taxonomy.wordnet import Synset

HINTED = re.compile(r"(?P<word>.*\S)\s*\((?P<hint>[^()]+)\)")
#: How much nearer in meaning than the next the chosen gloss must be, as a difference of cosines.
MARGIN = 0.04

#: A text and several others -> how near each is in meaning, in [-1, 1]; higher is nearer.
Nearness = Callable[[str, Sequence[str]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class SenseQuestion:
    """A word with several senses that nothing settles.

    Attributes:
        word: as it was given, with its hint.
        senses: what it can mean, most frequent first; those that fit the hint, if some do.
        suggested: the likeliest, for a person to look at.
        why: why that one, in words.
        place: where the word stands, as in `classes.words[3]`.
    """

    word: str
    senses: tuple[Synset, ...]
    suggested: Synset
    why: str
    place: str


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of the words.

    Attributes:
        senses: (N,) the sense of each word, in their order; None for one with a question.
        questions: the words that wait for an answer.
        problems: words that WordNet lacks, and answers that it doesn't know.
    """

    senses: tuple[Synset | None, ...]
    questions: tuple[SenseQuestion, ...]
    problems: tuple[Problem, ...] = ()


def match(
    words: Sequence[str],
    answers: Mapping[str, str] | None = None,
    nearness: Nearness | None = None,
    where: str = "classes.words",
) -> Matched:
    """Find the sense of each word.

    >>> found = match(["unicycle", "crane (bird)", "dog.n.01", "bank"])
    >>> [sense.name if sense else None for sense in found.senses]
    ['unicycle.n.01', 'crane.n.05', 'dog.n.01', None]
    >>> found.questions[0].word, len(found.questions[0].senses)
    ('bank', 10)

    Args:
        words: a word, a word with a hint in brackets, or a synset's name or number. A hint is a
            word for something above the sense ("bird"), the name of a synset above it, or a word of
            its definition.
        answers: word as given -> synset, from a review file; these come first.
        nearness: compares a hint with the glosses, where no sense has it in its words.
        where: the place in the recipe, for messages.
    """
    senses: list[Synset | None] = []
    questions: list[SenseQuestion] = []
    problems: list[Problem] = []
    for index, word in enumerate(words):
        place = f"{where}[{index}]"
        try:
            found = _choose_sense(word, answers or {}, nearness, place)
        except RecipeError as error:
            problems += error.problems
            found = None
        if isinstance(found, SenseQuestion):
            questions.append(found)
        senses.append(found if isinstance(found, Synset) else None)
    return Matched(tuple(senses), tuple(questions), tuple(problems))


def explain_refusal(question: SenseQuestion, undecided_in: str | None = None) -> Problem:
    """Say that a word has several senses, and show them all.

    Args:
        question: the word and its senses.
        undecided_in: the review file that has the word without an answer.
    """
    hinted = HINTED.fullmatch(question.word)
    bare = hinted["word"] if hinted else question.word
    found = f"{question.word!r} has {len(question.senses)} senses"
    if hinted:
        found += f", and the hint {hinted['hint']!r} doesn't decide between them"
    hint = f"{'another' if hinted else 'a'} hint as in '{bare} (…)'"
    right = f"name one, or add {hint}, or decide in a review file that `senses` names"
    if undecided_in:
        found += f", and {undecided_in} doesn't choose one"
        right = "write the name of one after `sense`"
    listed = "".join(f"\n  {sense.name}  {sense.gloss}" for sense in question.senses)
    return Problem(question.place, found, f"{right}:{listed}")


def _choose_sense(
    word: str, answers: Mapping[str, str], nearness: Nearness | None, place: str
) -> Synset | SenseQuestion:
    nouns = wordnet.load()
    given = answers.get(word)
    if given is not None:
        return nouns.synset(given, f"{place} ({word!r}, as answered)")
    hinted = HINTED.fullmatch(word)
    text = hinted["word"] if hinted else word
    senses = nouns.senses(text)
    if len(senses) <= 1 or wordnet.NAME.fullmatch(text) or wordnet.NUMBER.fullmatch(text):
        return nouns.synset(text, place)
    if not hinted:
        return SenseQuestion(word, senses, *suggest_sense(senses), place)
    return _choose_by_hint(word, hinted["hint"].strip(), senses, nearness, place)


def _choose_by_hint(
    word: str, hint: str, senses: tuple[Synset, ...], nearness: Nearness | None, place: str
) -> Synset | SenseQuestion:
    """Take the one sense that fits a hint: by what lies above it, by its gloss, by meaning."""
    for fits in (_is_under, _holds_hint):
        fitting = tuple(sense for sense in senses if fits(sense, hint))
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            return SenseQuestion(word, fitting, *suggest_sense(fitting), place)
    if nearness is None:
        return SenseQuestion(word, senses, *suggest_sense(senses), place)
    near = nearness(hint, [sense.gloss for sense in senses])
    first, second = sorted(range(len(senses)), key=lambda i: -near[i])[:2]
    if near[first] - near[second] >= MARGIN:
        return senses[first]
    why = f"nearest to {hint!r} in meaning, but not clearly"
    return SenseQuestion(word, senses, senses[first], why, place)


def _is_under(sense: Synset, hint: str) -> bool:
    """Whether a hint is a word for the sense or for something above it, or names such a synset."""
    nouns = wordnet.load()
    lemma = wordnet.to_lemma(hint)
    above = {synset for path in nouns.hypernym_paths(sense) for synset in path}
    if wordnet.NAME.fullmatch(hint) or wordnet.NUMBER.fullmatch(hint):
        return hint in nouns and nouns.synset(hint) in above
    return any(wordnet.to_lemma(word) == lemma for synset in above for word in synset.lemmas)


def _holds_hint(sense: Synset, hint: str) -> bool:
    """Whether a hint stands in the definition as a word, or as its plural."""
    return bool(re.search(rf"\b{re.escape(hint)}(?:e?s)?\b", sense.gloss, re.IGNORECASE))


def suggest_sense(senses: Sequence[Synset]) -> tuple[Synset, str]:
    """Suggest the most frequent sense that is a kind of thing: no person, no one thing by name."""
    nouns = wordnet.load()
    things = [
        sense
        for sense in senses
        if nouns.is_under(sense, "physical_entity.n.01")
        and not nouns.is_instance(sense)
        and screen_synset(sense) is None
    ]
    if things:
        return things[0], "the most frequent sense that is a kind of thing"
    return senses[0], "the most frequent sense"
