"""The mapping file: which label of OpenImages means which class; and the review file, for labels
that a person decides. Both begin with the same columns, so that a recipe can name both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from synthset.errors import Problem, RecipeError, UsageError, did_you_mean
from synthset.sheets import read_sheet, write_sheet
from synthset.taxonomy import wordnet
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.label_mapping import Link, Mapped, Rule
from synthset.taxonomy.open_images import OpenImagesVocabulary, read_text

COLUMNS = ("mid", "name", "key", "rule", "score", "approved_by")
REVIEW = (*COLUMNS, "suggested", "why", "meanings")
BETWEEN = " | "  # the meanings in the one cell that they have
RULES: tuple[str, ...] = get_args(Rule)
SHOWN = 12  # problems that a message lists before it counts the rest


@dataclass(frozen=True, slots=True)
class LabelMapping:
    """What mapping files say, for the classes of a recipe.

    Attributes:
        links: MID -> its classes; more than one only where the file says so.
        undecided: rows without a class.
        elsewhere: rows whose class is a synset that the recipe doesn't list.
    """

    links: Mapping[str, tuple[Link, ...]]
    undecided: int
    elsewhere: int


@dataclass(frozen=True, slots=True)
class _Row:
    """A row with a class, and where it stands."""

    place: str
    mid: str
    key: str
    rule: str
    score: str


def read_mapping(
    paths: Sequence[str],
    vocabulary: OpenImagesVocabulary,
    classes: Sequence[ClassEntry],
    where: str = "source.mapping",
) -> LabelMapping:
    """Read mapping files.

    Args:
        paths: CSV files with the columns `mid` and `key`, and where wanted `rule` and `score`.
        vocabulary: the labels that there are.
        classes: in label order; `key` is a class's key, its wnid, or the name of its synset.
        where: the place in the recipe, for messages.

    Raises:
        RecipeError: an unknown label, class or rule; or a label that two rows give to different
            classes, unless both rows have the rule `several`. Each with its file and line.
    """
    rows = [row for path in paths for row in _rows(path, where)]
    decided = [row for row in rows if row.key]
    targets = _Targets.of(classes)
    found = [_link(row, vocabulary, targets, where) for row in decided]
    problems = [one for one in found if isinstance(one, Problem)]
    by_mid: dict[str, dict[int, tuple[Link, _Row]]] = {}
    for row, link in zip(decided, found, strict=True):
        if isinstance(link, Link):
            by_mid.setdefault(link.mid, {}).setdefault(link.label, (link, row))
    for given in by_mid.values():
        problems += _find_torn(list(given.values()), classes, where)
    if problems:
        rest = len(problems) - SHOWN
        more = [Problem(where, f"{rest:,} more rows", "as above")] if rest > 0 else []
        raise RecipeError.of([*problems[:SHOWN], *more])
    links = {mid: tuple(link for link, _ in given.values()) for mid, given in by_mid.items()}
    return LabelMapping(links, len(rows) - len(decided), found.count(None))


def write_mapping(path: str, review: str, mapped: Mapped, classes: Sequence[ClassEntry]) -> None:
    """Write what was mapped, and a review file for what is unsure (none if nothing is).

    Args:
        path: the new mapping file.
        review: the new review file.
        mapped: links and open labels.
        classes: in label order.

    Raises:
        UsageError: a file exists, and may hold answers.
    """
    for file in (path, *([review] if mapped.unsure else [])):
        if Path(file).expanduser().exists():
            raise UsageError(
                f"{file} exists and may hold answers; name a new file, or move this one"
            )
    keys = [entry.key for entry in classes]
    links = [
        [link.mid, link.name, keys[link.label], link.rule, _number(link.score), ""]
        for link in mapped.links
    ]
    _write(path, COLUMNS, links)
    if mapped.unsure:
        questions = [
            [
                *(one.mid, one.name, "", "", "", ""),
                "" if one.suggested is None else keys[one.suggested],
                one.why,
                BETWEEN.join(
                    f"{'no class' if label is None else keys[label]}: {text}"
                    for label, text in one.meanings
                ),
            ]
            for one in mapped.unsure
        ]
        _write(review, REVIEW, questions)


@dataclass(frozen=True, slots=True)
class _Targets:
    """The classes of a recipe, by what a file may call them."""

    labels: Mapping[str, int]

    @classmethod
    def of(cls, classes: Sequence[ClassEntry]) -> _Targets:
        numbered = list(enumerate(classes))
        named = {entry.wnid: label for label, entry in numbered if entry.wnid}
        return cls({**named, **{entry.key: label for label, entry in numbered}})

    def label(self, key: str) -> int | None:
        """Find a class by its key, its wnid or the name of its synset."""
        nouns = wordnet.load()
        if key not in self.labels and wordnet.NAME.fullmatch(key) and key in nouns:
            key = nouns.synset(key).number
        return self.labels.get(key)


def _link(
    row: _Row, vocabulary: OpenImagesVocabulary, targets: _Targets, where: str
) -> Link | Problem | None:
    """Make the link of a row; None where its synset is no class of the recipe."""
    if row.mid not in vocabulary.names:
        found = f"{row.place}: OpenImages has no label {row.mid!r}"
        return Problem(where, found, vocabulary.find_nearest(row.mid))
    label = targets.label(row.key)
    if label is None and _is_synset(row.key):
        return None
    if label is None:
        right = did_you_mean(row.key, targets.labels)
        return Problem(where, f"{row.place}: no class has the key {row.key!r}", right)
    if row.rule not in RULES:
        right = did_you_mean(row.rule, RULES)
        return Problem(where, f"{row.place}: unknown rule {row.rule!r}", right)
    try:
        score = float(row.score) if row.score else None
    except ValueError:
        return Problem(
            where, f"{row.place}: score {row.score!r}", "give a number, or leave it empty"
        )
    return Link(row.mid, vocabulary.names[row.mid], label, cast(Rule, row.rule), score)


def _is_synset(key: str) -> bool:
    formal = wordnet.NUMBER.fullmatch(key) or wordnet.NAME.fullmatch(key)
    return formal is not None and key in wordnet.load()


def _find_torn(
    given: Sequence[tuple[Link, _Row]], classes: Sequence[ClassEntry], where: str
) -> list[Problem]:
    """Refuse a label of several classes, unless each of its rows says that it is meant."""
    if len(given) == 1 or all(link.rule == "several" for link, _ in given):
        return []
    (first, row), (second, other) = given[:2]
    mid = f"{row.mid} ({first.name})"
    found = (
        f"{row.place} gives {mid} to {classes[first.label].key}, "
        f"{other.place} to {classes[second.label].key}"
    )
    return [Problem(where, found, "remove one, or write the rule `several` in both rows")]


def _rows(path: str, where: str) -> list[_Row]:
    right = "write it with `synthset pool map`"
    if not Path(path).expanduser().is_file():
        raise RecipeError(where, f"{path} does not exist", right)
    sheet = read_sheet(read_text(path, where), where, spaced=True)
    missing = [name for name in ("mid", "key") if name not in sheet.columns]
    if missing:
        found = f"{path} has no column {missing[0]!r}"
        raise RecipeError(where, found, did_you_mean(missing[0], sheet.columns))
    rows = []
    for line, row in sheet.rows:
        cells = {name: row.get(name, "").strip() for name in COLUMNS}
        place = f"{path}:{line}"
        rule = cells["rule"] or "listed"
        rows.append(_Row(place, cells["mid"], cells["key"], rule, cells["score"]))
    return rows


def _write(path: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    try:
        with open(Path(path).expanduser(), "x", encoding="utf-8", newline="") as opened:
            opened.write(write_sheet(columns, rows))
    except OSError as fault:
        raise UsageError(f"{path} cannot be written ({fault}); name another file") from None


def _number(score: float | None) -> str:
    return "" if score is None else f"{score:.4f}"
