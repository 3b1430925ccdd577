"""Asks a language model for the prompts of each class, until there are enough or no more come."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from synthset.errors import ModelError
from synthset.prompts.kept_answers import KeptAnswers, Question
from synthset.prompts.templates import (
    FIELDS,
    FROM_WORDNET,
    find_class_words,
    look_up_definition,
    tidy,
)
from synthset.recipe.prompts import LanguageModel
from synthset.taxonomy.classlists import ClassEntry

ROUNDS = 3  # questions of a class whose answers were too few
SHOWN = 5  # classes that a message lists
MARK = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,4}[.):]|#+)\s+")
QUOTES = "\"'“”‘’`"
FIELD = re.compile(r"\{(\w+)\}")


class Answering(Protocol):
    """A language model, wherever it runs."""

    def answers(self, questions: Sequence[Question]) -> list[str]:
        """Answer several questions, in their order.

        Raises:
            ModelError: the model cannot be had, or refuses.
        """

    def identity(self) -> dict[str, Any]:
        """What decides an answer besides the question; nothing secret."""


def ask(
    settings: LanguageModel,
    entries: Sequence[ClassEntry],
    model: Answering,
    kept: KeptAnswers,
    done: Callable[[int], None] = lambda count: None,
) -> dict[str, tuple[str, ...]]:
    """Get the prompts of some classes.

    Args:
        settings: what is asked, and how much.
        entries: the classes.
        model: answers the questions.
        kept: answers that were had before; new ones are added as they come.
        done: told of each batch how many classes it finished.

    Returns:
        By class key, `per_class` different prompts or, where the model gives no more, fewer.

    Raises:
        ModelError: some classes have no prompt at all; the others' answers are kept.
    """
    found: dict[str, dict[str, None]] = {entry.key: {} for entry in entries}
    for number in range(ROUNDS):
        waiting = [entry for entry in entries if len(found[entry.key]) < settings.per_class]
        for start in range(0, len(waiting), settings.at_once):
            batch = waiting[start : start + settings.at_once]
            questions = [Question(fill_in_instruction(settings, entry), number) for entry in batch]
            for entry, answer in zip(batch, answer_questions(questions, model, kept), strict=True):
                lines = read_prompts(answer, entry, settings.names_class)
                found[entry.key].update(dict.fromkeys(lines))
            done(sum(len(found[entry.key]) >= settings.per_class for entry in batch))
    without = [entry.name for entry in entries if not found[entry.key]]
    if without:
        more = f" and {len(without) - SHOWN} more" if len(without) > SHOWN else ""
        raise ModelError(
            f"prompts: {settings.model} gave no usable prompt for "
            f"{', '.join(map(repr, without[:SHOWN]))}{more} in {ROUNDS} tries; read its answers "
            f"in {kept.folder}, then change prompts.instruction, or set names_class: false"
        )
    return {key: tuple(texts)[: settings.per_class] for key, texts in found.items()}


def answer_questions(
    questions: Sequence[Question], model: Answering, kept: KeptAnswers
) -> list[str]:
    """Answer questions, from what is kept where it is known."""
    identity = model.identity()
    known = [kept.find(identity, question) for question in questions]
    new = [question for question, answer in zip(questions, known, strict=True) if answer is None]
    fresh = iter(model.answers(new) if new else [])
    answers = []
    for question, answer in zip(questions, known, strict=True):
        if answer is None:
            answer = next(fresh)
            kept.keep(identity, question, answer)
        answers.append(answer)
    return answers


def fill_in_instruction(settings: LanguageModel, entry: ClassEntry) -> str:
    """Fill in what the model is told of one class; other text in braces stays as it is."""
    known: Mapping[str, str] = {"number": str(settings.per_class)}
    fields = set(FIELD.findall(settings.instruction))
    if fields & set(FROM_WORDNET):
        entry = look_up_definition(entry)
    words = {name: find_class_words(name, entry) or "" for name in fields & set(FIELDS)} | {**known}
    return tidy(FIELD.sub(lambda mark: words.get(mark[1], mark[0]), settings.instruction))


def read_prompts(answer: str, entry: ClassEntry, names_class: bool) -> list[str]:
    """Take the prompts out of an answer: a line each, without numbers, bullets and quotes.

    >>> from synthset.taxonomy.classlists import make_name_classes
    >>> (owl,) = make_name_classes(["owl"])
    >>> read_prompts('Sure! Here you go:\\n1. "An owl at dusk."\\n2) a barn', owl, names_class=True)
    ['An owl at dusk.']

    Args:
        answer: what the model said.
        entry: the class.
        names_class: leave out lines that name neither the class nor one of its lemmas.
    """
    lines = [MARK.sub("", line).strip().strip(QUOTES).strip() for line in answer.splitlines()]
    found = [" ".join(line.split()) for line in lines if line and not line.endswith(":")]
    if not names_class:
        return found
    names = [name.casefold() for name in (entry.name, *entry.lemmas)]
    return [line for line in found if any(name in line.casefold() for name in names)]
