"""The review file: a person says once what each ambiguous word means, and recipes name the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from synthset.errors import Problem, RecipeError, UsageError
from synthset.recipe.yaml_text import parse_yaml
from synthset.sheets import read_sheet, write_sheet
from synthset.taxonomy.senses import SenseQuestion

HEAD = """\
# Words with several senses. Write the name of the one you mean after `sense:`, then name this file
# in the recipe:  classes: {kind: words, words: [...], senses: %s}
"""
COLUMNS = ("word", "sense", "suggested", "why", "senses")
BETWEEN = " | "  # the senses in the one cell that a CSV has for them


@dataclass(frozen=True, slots=True)
class Review:
    """What a review file says.

    Attributes:
        path: the file.
        answers: word -> synset, for the words that are decided.
        undecided: the words that still wait.
    """

    path: str
    answers: Mapping[str, str]
    undecided: frozenset[str]


def read_review(path: str, where: str = "classes.senses") -> Review:
    """Read a review file: YAML as `write_review` makes it, YAML `word: synset`, or CSV.

    Args:
        path: the file; a CSV has the columns `word` and `sense`, others are not read.
        where: the place in the recipe, for messages.

    Raises:
        RecipeError: there is no such file, or it holds something else.
    """
    file = Path(path).expanduser()
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        found = "does not exist" if isinstance(fault, FileNotFoundError) else f"({fault})"
        right = (
            "write it with `synthset classes words WORD … --review FILE`, then fill in the answers"
        )
        raise RecipeError(where, f"{path} {found}", right) from None
    rows = _csv(text, where) if file.suffix.lower() == ".csv" else _yaml(text, path, where)
    answers: dict[str, str] = {}
    undecided: set[str] = set()
    for word, sense in rows:
        if not word or answers.get(word, sense) != sense:
            found = f"{path}: {word!r} is answered twice" if word else f"{path}: a row has no word"
            raise RecipeError(where, found, "keep one row per word")
        if sense:
            answers[word] = sense
        else:
            undecided.add(word)
    return Review(path, answers, frozenset(undecided))


def write_review(path: str, questions: Sequence[SenseQuestion]) -> None:
    """Write a review file for a person to answer, with the senses and a suggestion for each word.

    Args:
        path: a new file; `.csv` makes a CSV, anything else YAML.
        questions: what is ambiguous.

    Raises:
        UsageError: the file exists, and may hold answers.
    """
    file = Path(path).expanduser()
    text = _as_csv(questions) if file.suffix.lower() == ".csv" else _as_yaml(path, questions)
    try:
        with open(file, "x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise UsageError(
            f"{path} exists and may hold answers; name a new file, or remove that one"
        ) from None
    except OSError as fault:
        raise UsageError(f"{path} cannot be written ({fault}); name another file") from None


def _as_yaml(path: str, questions: Sequence[SenseQuestion]) -> str:
    rows = [
        {
            "word": question.word,
            "sense": None,
            "suggested": question.suggested.name,
            "why": question.why,
            "senses": {sense.name: sense.gloss for sense in question.senses},
        }
        for question in questions
    ]
    body = yaml.safe_dump(rows, sort_keys=False, allow_unicode=True, width=1000)
    return HEAD % path + body.replace("sense: null\n", "sense:\n")


def _as_csv(questions: Sequence[SenseQuestion]) -> str:
    rows = []
    for question in questions:
        senses = BETWEEN.join(f"{sense.name}: {sense.gloss}" for sense in question.senses)
        rows.append([question.word, "", question.suggested.name, question.why, senses])
    return write_sheet(COLUMNS, rows)


def _csv(text: str, where: str) -> list[tuple[str, str]]:
    rows = read_sheet(text, where).rows
    return [(row.get("word", "").strip(), row.get("sense", "").strip()) for _, row in rows]


def _yaml(text: str, path: str, where: str) -> list[tuple[str, str]]:
    wrong = "contains no list of words"
    right = "a review file is a list of `word:` and `sense:`, or lines like `crane: crane.n.05`"
    try:
        content = parse_yaml(text, path)
    except RecipeError as error:
        [fault] = error.problems
        raise RecipeError(where, f"{fault.where}: {fault.found}", right) from None
    if isinstance(content, dict):
        return [(str(word), str(sense or "").strip()) for word, sense in content.items()]
    if not isinstance(content, list) or not all(
        isinstance(row, dict) and "word" in row for row in content
    ):
        raise RecipeError.of([Problem(where, f"{path} {wrong}", right)])
    return [(str(row["word"]), str(row.get("sense") or "").strip()) for row in content]
