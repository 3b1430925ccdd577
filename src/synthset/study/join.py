"""Which classes of a classifier mean a class of a dataset: joined through WordNet numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from synthset.encoders.classlist import OutputClasses
from synthset.errors import Problem, RecipeError, did_you_mean
from synthset.taxonomy import wordnet
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.groups import find_synset


@dataclass(frozen=True, slots=True)
class ClassMatches:
    """How the classes of a dataset stand among those of a classifier, by label.

    Attributes:
        exact: the classifier's class of the same number, or of the same name; () where it has none.
        under: that one and every class that lies under its synset: all breeds for "dog".
    """

    exact: tuple[tuple[int, ...], ...]
    under: tuple[tuple[int, ...], ...]


def add_senses(entries: Sequence[ClassEntry], senses: Mapping[str, str]) -> list[ClassEntry]:
    """Give classes the synsets that a user names; others take theirs, or the only one of their
    name.

    Args:
        entries: the dataset's classes.
        senses: class key or name to synset, as in `{"dog": "dog.n.01"}`.

    Raises:
        RecipeError: a class or a synset that isn't there; all problems at once.
    """
    known = {name: label for label, entry in enumerate(entries) for name in (entry.name, entry.key)}
    found, problems = list(entries), list[Problem]()
    for name, synset in senses.items():
        if name not in known:
            where = f"--sense {name}={synset}"
            right = did_you_mean(name, known)
            problems.append(Problem(where, "the dataset has no such class", right))
            continue
        try:
            number = wordnet.load().synset(synset, f"--sense {name}={synset}").number
        except RecipeError as error:
            problems += error.problems
            continue
        found[known[name]] = replace(found[known[name]], wnid=number)
    if problems:
        raise RecipeError.of(problems)
    return [_settle(entry) for entry in found]


def join(entries: Sequence[ClassEntry], classes: OutputClasses) -> ClassMatches:
    """Find each class of a dataset among the classifier's.

    By WordNet number; where one side has none, by name. A name never joins two different numbers.

    Args:
        entries: the dataset's classes, in label order, as `add_senses` gives them.
        classes: the classifier's.
    """
    below = _list_below(classes)
    exact = tuple(_find_exact(entry, classes) for entry in entries)
    under = tuple(
        tuple(sorted({*mine, *below.get(entry.wnid or "", ())}))
        for entry, mine in zip(entries, exact, strict=True)
    )
    return ClassMatches(exact, under)


def _settle(entry: ClassEntry) -> ClassEntry:
    synset = find_synset(entry)
    return entry if synset is None else replace(entry, wnid=synset.number)


def _find_exact(entry: ClassEntry, classes: OutputClasses) -> tuple[int, ...]:
    if entry.wnid in classes.by_wnid:
        return (classes.by_wnid[entry.wnid],)
    for name in (entry.name, *entry.lemmas):
        found = [i for i in classes.find_by_name(name) if not (entry.wnid and _number(classes, i))]
        if len(found) == 1:
            return (found[0],)
    return ()


def _number(classes: OutputClasses, index: int) -> str | None:
    return classes.wnids[index] if classes.wnids else None


def _list_below(classes: OutputClasses) -> dict[str, list[int]]:
    """Map each WordNet number to the classifier's classes at it and under it."""
    nouns = wordnet.load()
    found: dict[str, list[int]] = {}
    for number, index in classes.by_wnid.items():
        if number in nouns:
            for above in nouns.numbers_above(number):
                found.setdefault(above, []).append(index)
    return found
