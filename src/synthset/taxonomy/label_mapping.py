"""Which class does a label of OpenImages mean? Its name is looked up in WordNet, its parents tell
senses apart, and what they don't settle is left to a person.

WordNet's rules for plurals: Miller 1995, doi 10.1145/219717.219748 (morphy)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from synthset.taxonomy import wordnet
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.matching import split_words
from synthset.taxonomy.open_images import OpenImagesVocabulary
from synthset.taxonomy.senses import HINTED, MARGIN, Nearness, suggest_sense
from synthset.taxonomy.wordnet import Synset

#: How a label came to its class: its name has one sense, which is the class, or is what the class
#: itself is called; a parent's name stands above one of its senses; that sense is nearest in
#: meaning; it is a kind of the class. `listed` is a person's choice, and `several` a label that a
#: person gives to more than one class.
Rule = Literal["exact", "parents", "sense", "narrower", "listed", "several"]

PLURALS = (
    ("s", ""), ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"),
    ("men", "man"), ("ies", "y"),
)  # fmt: skip
PERSON = "noun.person"
ABOVE = 3  # hypernyms that describe a sense
UNRELATED = "no class has its name or one of its senses"
ANOTHER = "it has another of its senses, which is not a class"


@dataclass(frozen=True, slots=True)
class Link:
    """A label and the class that it means.

    Attributes:
        mid: the label, "/m/0bt9lr".
        name: what it is called.
        label: index of the class.
        rule: how it came to it.
        score: cosine of label and sense where `sense` decided, on the way to `narrower` too; None
            where nothing was compared.
    """

    mid: str
    name: str
    label: int
    rule: Rule
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Unsure:
    """A label that may mean a class, and that a person decides.

    Attributes:
        mid: the label.
        name: what it is called.
        suggested: index of the likeliest class; None where the likeliest sense is no class.
        why: what is open, in words.
        meanings: what it can mean: classes by index (None for no class), and a text.
    """

    mid: str
    name: str
    suggested: int | None
    why: str
    meanings: tuple[tuple[int | None, str], ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What became of the labels, each of them once.

    Attributes:
        links: those that mean a class.
        unsure: those that a person decides.
        left: how many mean no class, by why.
    """

    links: tuple[Link, ...]
    unsure: tuple[Unsure, ...]
    left: Mapping[str, int]


def map_labels(
    vocabulary: OpenImagesVocabulary,
    classes: Sequence[ClassEntry],
    nearness: Nearness | None = None,
) -> Mapped:
    """Find the class of each label: many labels may mean one class, no label means two.

    Args:
        vocabulary: the labels.
        classes: in label order. One without a synset is found by its name alone.
        nearness: compares a label and its parents with the definitions of its senses; without it
            senses that the parents don't tell apart are left to a person.
    """
    mapper = _Mapper(vocabulary, classes, nearness)
    found = {mid: mapper.link(mid) for mid in vocabulary.names}
    known = {mid: link for mid, link in found.items() if isinstance(link, Link)}
    found |= {mid: mapper.map_below(mid, known) for mid, one in found.items() if one is None}
    rest = [one for one in found.values() if not isinstance(one, Link | Unsure)]
    other = sum(one is not None for one in rest)
    return Mapped(
        tuple(one for one in found.values() if isinstance(one, Link)),
        tuple(one for one in found.values() if isinstance(one, Unsure)),
        {UNRELATED: len(rest) - other, ANOTHER: other},
    )


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The sense of a label."""

    sense: Synset
    rule: Rule
    score: float | None = None


@dataclass(slots=True)
class _Mapper:
    """The classes, by synset and by name."""

    vocabulary: OpenImagesVocabulary
    classes: Sequence[ClassEntry]
    nearness: Nearness | None
    by_wnid: dict[str, int] = field(init=False)
    by_name: dict[str, list[int]] = field(init=False)
    by_lemma: dict[str, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.by_wnid, self.by_name, self.by_lemma = {}, {}, {}
        for label, entry in enumerate(self.classes):
            if entry.wnid:
                self.by_wnid[entry.wnid] = label
            self.by_name.setdefault(_key(entry.name), []).append(label)
            for key in {_key(lemma) for lemma in entry.lemmas}:
                self.by_lemma.setdefault(key, []).append(label)

    def link(self, mid: str) -> Link | Unsure | Synset | None:
        """Bring one label to its class by its own name.

        Returns:
            The sense that it has where that is no class; None where its name has nothing to do
            with any.
        """
        name = self.vocabulary.names[mid]
        word = _remove_hint(name)
        named, called = self._find_called(word)
        senses = find_senses(word)
        reached = [self._find_classes(sense) for sense in senses]
        if named and not all(self.classes[label].wnid for label in named):
            if any(reached) or len(named) > 1:
                why = "a class has its name, and others have its senses"
                return self._leave_unsure(mid, senses, None, why, named)
            return Link(mid, name, named[0], "exact")
        found = self._map_by_sense(mid, senses, reached)
        hinted = name != word
        if not called or (hinted and isinstance(found, Link)):
            return found  # a hint says more than what classes are called
        if isinstance(found, Link) and self._is_sure(found, named, called):
            return found
        if len(called) == 1 and not hinted and not isinstance(found, Link):
            meant = self._find_meant(mid, senses, found)
            if (named or not senses) and self._are_alike(called[0], meant):
                return Link(mid, name, called[0], "exact")
        return self._leave_contested(mid, senses, found, called)

    def _find_called(self, word: str) -> tuple[list[int], list[int]]:
        """The classes of this name; and these with those that have it among their lemmas."""
        keys = list(_numbers(_key(word)))
        named = next((self.by_name[key] for key in keys if key in self.by_name), [])
        lemmas = next((self.by_lemma[key] for key in keys if key in self.by_lemma), [])
        return named, list(dict.fromkeys([*named, *lemmas]))

    def _map_by_sense(
        self, mid: str, senses: Sequence[Synset], reached: Sequence[tuple[int, ...]]
    ) -> Link | Unsure | Synset | None:
        if not any(reached):
            return None
        if all(labels == reached[0] for labels in reached) and len(reached[0]) == 1:
            rule: Rule = "exact" if senses[0].number in self.by_wnid else "narrower"
            return Link(mid, self.vocabulary.names[mid], reached[0][0], rule)
        chosen = self._choose_sense(mid, senses)
        if isinstance(chosen, str):
            return self._leave_unsure(mid, senses, suggest_sense(senses)[0], chosen)
        return self._map_sense(mid, senses, chosen)

    def _is_sure(self, link: Link, named: Sequence[int], called: Sequence[int]) -> bool:
        """Whether the class of its sense is one that is called so. Among classes of one kind
        nearness alone is no proof: a panda is nearer to the red panda than to the giant one."""
        if link.label not in called or link.rule != "sense" or list(named) == [link.label]:
            return link.label in called
        kind = self._kind(link.label)
        return all(label == link.label or self._kind(label) != kind for label in called)

    def _kind(self, label: int) -> str | None:
        """WordNet's coarse subject of a class; None where it has no synset."""
        nouns, wnid = wordnet.load(), self.classes[label].wnid
        return nouns.synset(wnid).lexical_file if wnid and wnid in nouns else None

    def _find_meant(
        self, mid: str, senses: Sequence[Synset], found: Unsure | Synset | None
    ) -> Sequence[Synset]:
        """The sense that what lies above a label tells from the others; else all that it has."""
        if isinstance(found, Synset):
            return (found,)
        chosen = self._choose_sense(mid, senses) if found is None and senses else ""
        return senses if isinstance(chosen, str) else (chosen.sense,)

    def _are_alike(self, label: int, senses: Sequence[Synset]) -> bool:
        """Whether all things that a name means are of the class's kind: a castle is a building in
        any sense, a mouse an animal or a device."""
        nouns = wordnet.load()
        kinds = {
            sense.lexical_file
            for sense in senses
            if nouns.is_under(sense, "physical_entity.n.01") and sense.lexical_file != PERSON
        }
        return not kinds or kinds == {self._kind(label)}

    def _leave_contested(
        self,
        mid: str,
        senses: Sequence[Synset],
        found: Link | Unsure | Synset | None,
        called: Sequence[int],
    ) -> Unsure:
        """Leave a label to a person that classes are called by, and say what speaks against it."""
        if isinstance(found, Link):
            why = (
                "classes of the same kind have this name, and the nearest meaning alone is no proof"
            )
            if found.label not in called:
                why = f"one class has this name, and another has its sense ({found.rule})"
        elif isinstance(found, Synset):
            why = f"a class has this name, but here it means {found.name}, which is not a class"
        elif found is None:
            why = "a class has this name, but none of its WordNet senses is a class"
        else:
            why = found.why
        first = next((one for sense in senses for one in self._find_classes(sense)), called[0])
        reached = {label for sense in senses for label in self._find_classes(sense)}
        unlisted = [label for label in called if label not in reached]
        suggested = found.suggested if isinstance(found, Unsure) else first
        if suggested not in called:
            suggested = called[0]
        return self._leave_unsure(mid, senses, None, why, unlisted, suggested)

    def map_below(self, mid: str, known: Mapping[str, Link]) -> Link | Unsure | None:
        """Bring a label whose name WordNet lacks to the class of the labels above it."""
        name = self.vocabulary.names[mid]
        above = [known[parent] for parent in self.vocabulary.list_above(mid) if parent in known]
        labels = sorted({link.label for link in above})
        if not labels or find_senses(_remove_hint(name)):
            return None
        if len(labels) == 1:
            return Link(mid, name, labels[0], "narrower")
        why = "the labels above it mean several classes"
        return self._leave_unsure(mid, (), None, why, labels, suggested=above[0].label)

    def _map_sense(
        self, mid: str, senses: Sequence[Synset], chosen: _Chosen
    ) -> Link | Unsure | Synset:
        labels, name = self._find_classes(chosen.sense), self.vocabulary.names[mid]
        if len(labels) > 1:
            why = f"{chosen.sense.name} is under several classes"
            return self._leave_unsure(mid, (chosen.sense,), chosen.sense, why)
        if not labels:
            return chosen.sense
        rule = chosen.rule if chosen.sense.number in self.by_wnid else "narrower"
        return Link(mid, name, labels[0], rule, chosen.score)

    def _choose_sense(self, mid: str, senses: Sequence[Synset]) -> _Chosen | str:
        """Choose a sense by what lies above the label; a text says why none is chosen."""
        if len(senses) == 1:
            return _Chosen(senses[0], "exact")
        name = self.vocabulary.names[mid]
        hinted = HINTED.fullmatch(name)
        parents = [
            self.vocabulary.names.get(above, "") for above in self.vocabulary.list_above(mid)
        ]
        parents = [*([hinted["hint"]] if hinted else []), *filter(None, parents)]
        if not parents:
            return f"{len(senses)} senses, and no known label above it"
        for parent in parents:
            under = [sense for sense in senses if _is_under(sense, parent)]
            if len(under) == 1:
                return _Chosen(under[0], "parents")
        if self.nearness is None:
            return f"{len(senses)} senses, which the names above it don't distinguish"
        text = f"{_remove_hint(name)}, a kind of {', '.join(parents[:ABOVE])}"
        near = self.nearness(text, [describe_sense(sense) for sense in senses])
        first, second = sorted(range(len(senses)), key=lambda i: -near[i])[:2]
        if near[first] - near[second] < MARGIN:
            pair = f"{senses[first].name} ({near[first]:.2f}) and {senses[second].name}"
            return f"{pair} ({near[second]:.2f}) are about equally near in meaning"
        return _Chosen(senses[first], "sense", round(float(near[first]), 4))

    def _find_classes(self, sense: Synset) -> tuple[int, ...]:
        """The class that a sense is, else all classes that it lies under."""
        if sense.number in self.by_wnid:
            return (self.by_wnid[sense.number],)
        above = wordnet.load().numbers_above(sense)
        return tuple(sorted(self.by_wnid[number] for number in above & self.by_wnid.keys()))

    def _leave_unsure(
        self,
        mid: str,
        senses: Sequence[Synset],
        likely: Synset | None,
        why: str,
        labels: Sequence[int] = (),
        suggested: int | None = None,
    ) -> Unsure:
        meanings: list[tuple[int | None, str]] = [
            (label, f"{sense.name}: {sense.gloss}")
            for sense in senses
            for label in (self._find_classes(sense) or (None,))
        ]
        meanings += [(label, self.classes[label].gloss or "by its name") for label in labels]
        if likely is not None:
            suggested = next(iter(self._find_classes(likely)), None)
        elif suggested is None and labels:
            suggested = labels[0]
        return Unsure(mid, self.vocabulary.names[mid], suggested, why, tuple(meanings))


def find_senses(name: str) -> tuple[Synset, ...]:
    """Look a name up in WordNet, whatever its case and punctuation; a plural where the word itself
    is not there. Things with a name of their own (Stephen Crane) are no senses of a label.

    >>> [sense.name for sense in find_senses("T shirts")]
    ['jersey.n.03']
    """
    nouns, lemmas = wordnet.load(), _lemmas()
    for key in _numbers(_key(name)):
        found = [sense for lemma in lemmas.get(key, ()) for sense in nouns.senses(lemma)]
        kinds = [sense for sense in found if not nouns.is_instance(sense)]
        if kinds:
            return tuple(dict.fromkeys(kinds))
    return ()


def describe_sense(sense: Synset) -> str:
    """Say what a sense is without its own word, for comparison with a label."""
    nouns, above, words = wordnet.load(), sense, list[str]()
    while len(words) < ABOVE and (parents := nouns.hypernyms(above)):
        above = parents[0]
        words.append(above.word)
    return f"{sense.gloss}, a kind of {', '.join(words)}" if words else sense.gloss


@cache
def _lemmas() -> dict[str, list[str]]:
    """All words of WordNet by their key: "t shirt" -> ["t-shirt"]."""
    found: dict[str, list[str]] = {}
    for lemma in wordnet.load().lemmas():
        found.setdefault(_key(lemma), []).append(lemma)
    return found


def _key(name: str) -> str:
    return " ".join(split_words(name.replace("_", " ")))


def _numbers(key: str) -> Iterator[str]:
    """The key itself, then what it may be the plural of."""
    yield key
    for plural, singular in PLURALS:
        if key.endswith(plural) and len(key) > len(plural) + 1:
            yield key.removesuffix(plural) + singular


def _remove_hint(name: str) -> str:
    """Take the hint off: "Crane (bird)" -> "Crane"."""
    hinted = HINTED.fullmatch(name)
    return hinted["word"] if hinted else name


def _is_under(sense: Synset, parent: str) -> bool:
    """Whether a parent's name is a word for something above a sense."""
    above = {synset for path in wordnet.load().hypernym_paths(sense) for synset in path[:-1]}
    keys = set(_numbers(_key(parent)))
    return any(_key(word) in keys for synset in above for word in synset.lemmas)
