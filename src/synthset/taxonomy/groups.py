"""Hypernym groups: which classes are animals, vehicles, food, by what lies above them in WordNet.

A class belongs to every group that lies above it, so it can count in two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from synthset.errors import Problem, RecipeError
from synthset.taxonomy import wordnet
from synthset.taxonomy.classlists import ClassEntry

#: Groups by their names, each of one synset or several: WordNet has two of food, what is eaten and
#: what nourishes, and neither lies under the other. Drawn from the subjects that published tables
#: of recognition use.
DEFAULT: Mapping[str, tuple[str, ...]] = {
    "animal": ("animal.n.01",),
    "plant": ("plant.n.02",),
    "fungus": ("fungus.n.01",),
    "food": ("food.n.01", "food.n.02"),
    "person": ("person.n.01",),
    "vehicle": ("vehicle.n.01",),
    "building": ("building.n.01",),
    "clothing": ("clothing.n.01", "footwear.n.02"),
    "furniture": ("furniture.n.01",),
    "musical instrument": ("musical_instrument.n.01",),
    "instrument": ("instrument.n.01",),
    "geological formation": ("geological_formation.n.01",),
}

#: Groups as a recipe gives them: synsets, or names with one synset or several.
Wanted = Sequence[str] | Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which classes belong to which groups.

    Attributes:
        synsets: group name -> names of its synsets, in the order given.
        members: group name -> labels of its classes, ascending; () for a group without classes.
        several: labels of the classes that belong to two groups or more.
        outside: labels of the classes that have a synset, and no group above it.
        unknown: labels of the classes without a synset.
    """

    synsets: dict[str, tuple[str, ...]]
    members: dict[str, tuple[int, ...]]
    several: tuple[int, ...]
    outside: tuple[int, ...]
    unknown: tuple[int, ...]


def settle_groups(
    wanted: Wanted = DEFAULT, where: str = "report.groups"
) -> dict[str, tuple[str, ...]]:
    """Settle the groups' names and synsets.

    >>> settle_groups(["dog.n.01", "animal.n.01"])
    {'dog': ('dog.n.01',), 'animal': ('animal.n.01',)}

    Args:
        wanted: synsets (a group is called by its first lemma), or names with synsets.
        where: the place in the recipe, for messages.

    Raises:
        RecipeError: a synset that WordNet lacks, a word of several senses, or two groups of one
            name; every problem at once.
    """
    nouns, groups, problems = wordnet.load(), dict[str, tuple[str, ...]](), list[Problem]()
    listed = isinstance(wanted, Mapping)
    items = (
        list(wanted.items()) if isinstance(wanted, Mapping) else [(None, item) for item in wanted]
    )
    for place, (name, queries) in enumerate(items):
        spot = f"{where}.{name}" if listed else f"{where}[{place}]"
        try:
            one = [queries] if isinstance(queries, str) else list(queries)
            found = [nouns.synset(query, spot) for query in one]
        except RecipeError as error:
            problems += error.problems
            continue
        called = name or found[0].word
        if called in groups or not found:
            what = f"two groups are called {called!r}" if found else "a group has no synset"
            problems.append(Problem(spot, what, "give names: `groups: {my name: [dog.n.01]}`"))
            continue
        groups[called] = tuple(synset.name for synset in found)
    if problems:
        raise RecipeError.of(problems)
    return groups


def group(
    entries: Sequence[ClassEntry], wanted: Wanted = DEFAULT, where: str = "report.groups"
) -> Grouping:
    """Find the groups of each class.

    >>> from synthset.taxonomy.classlists import make_name_classes
    >>> classes = make_name_classes(["airplane", "deer", "blorple"])
    >>> found = group(classes, ["animal.n.01", "craft.n.02"])
    >>> found.members, found.unknown
    ({'animal': (1,), 'craft': (0,)}, (2,))

    Args:
        entries: the classes, in label order.
        wanted: as for `settle_groups`.
        where: the place in the recipe, for messages.
    """
    synsets = settle_groups(wanted, where)
    nouns = wordnet.load()
    tops = {nouns.synset(name).number: group for group, names in synsets.items() for name in names}
    members: dict[str, list[int]] = {name: [] for name in synsets}
    several, outside, unknown = [], [], []
    for label, entry in enumerate(entries):
        synset = find_synset(entry)
        if synset is None:
            unknown.append(label)
            continue
        above = nouns.numbers_above(synset)
        mine = dict.fromkeys(name for number, name in tops.items() if number in above)
        for name in mine:
            members[name].append(label)
        if len(mine) > 1:
            several.append(label)
        if not mine:
            outside.append(label)
    settled = {name: tuple(labels) for name, labels in members.items()}
    return Grouping(synsets, settled, tuple(several), tuple(outside), tuple(unknown))


def find_synset(entry: ClassEntry) -> wordnet.Synset | None:
    """The synset of a class: its own, else the only sense of its name; None where there is none."""
    nouns = wordnet.load()
    if entry.wnid is not None:
        return nouns.synset(entry.wnid) if entry.wnid in nouns else None
    senses = nouns.senses(entry.name)
    return senses[0] if len(senses) == 1 else None
