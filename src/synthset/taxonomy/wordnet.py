"""WordNet 3.0's nouns: senses, definitions, and what lies under what.

Names follow NLTK (`dog.n.01` is the first sense of "dog"), numbers follow ImageNet (`n02084071`).
Paper: Miller 1995, WordNet: a lexical database for English, doi 10.1145/219717.219748
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from importlib.resources import files
from io import BytesIO

from synthset.errors import RecipeError

FILE = "wordnet-3.0-nouns.zip"  # made by scripts/taxonomy/build_wordnet.py
NAME = re.compile(r"(?P<lemma>.+)\.n\.(?P<sense>\d+)")
NUMBER = re.compile(r"n\d{8}")


@dataclass(frozen=True, slots=True)
class Synset:
    """One sense: a set of words that mean the same.

    Attributes:
        name: first lemma and sense number, `golden_retriever.n.01`; unique.
        number: `n` and the eight digits of WordNet 3.0's offset, `n02099601`; unique.
        lemmas: the words, most usual first, with spaces: ("dog", "domestic dog").
        gloss: the definition, without examples.
        lexical_file: WordNet's coarse subject, `noun.animal`.
    """

    name: str
    number: str
    lemmas: tuple[str, ...]
    gloss: str
    lexical_file: str

    @property
    def word(self) -> str:
        """The first lemma: what the sense is called."""
        return self.lemmas[0]


class WordNetNouns:
    """All 82,115 noun synsets. Use `load()`, which reads the file once.

    Wherever a synset is asked for, a `Synset`, its name, its number, or a word of one sense does.

    >>> wordnet = load()
    >>> wordnet.synset("n02099601").name
    'golden_retriever.n.01'
    >>> [synset.word for synset in wordnet.closure("cat.n.01", max_depth=1)]
    ['cat', 'domestic cat', 'wildcat']
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._numbers = self._column("numbers")
        self._row_of = {number: row for row, number in enumerate(self._numbers)}

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Synset]:
        """Go through all synsets in the order of their numbers."""
        return map(self._at, range(len(self)))

    def __contains__(self, query: object) -> bool:
        """Tell whether `synset(query)` would answer."""
        return isinstance(query, str | Synset) and len(self._matches(query)) == 1

    def synset(self, query: str | Synset, where: str = "wordnet") -> Synset:
        """Find one synset.

        Args:
            query: a name (`dog.n.01`; every lemma may lead it, `domestic_dog.n.01`), a number
                (`n02084071`), or a word that has one noun sense ("golden retriever").
            where: what to call the place in an error, as in `classes[3]`.

        Raises:
            RecipeError: nothing is called so (the nearest names are shown), or a word has several
                senses (all are shown).
        """
        return self._at(self._row(query, where))

    def lemmas(self) -> Iterator[str]:
        """Go through all words, in lower case, with underscores for blanks."""
        return iter(self._index)

    def senses(self, word: str) -> tuple[Synset, ...]:
        """Return every sense of a word, most frequent first; () for a word that WordNet lacks."""
        return tuple(map(self._at, self._sense_rows(word)))

    def hypernyms(self, query: str | Synset, instances: bool = True) -> tuple[Synset, ...]:
        """Return what a synset is a kind of, and, if asked, what it is an instance of."""
        return tuple(map(self._at, self._parents(self._row(query), instances)))

    def hyponyms(self, query: str | Synset, instances: bool = False) -> tuple[Synset, ...]:
        """Return the kinds of a synset (and, if asked, its instances), ordered by number."""
        return tuple(map(self._at, self._children(self._row(query), instances)))

    def examples(self, query: str | Synset) -> tuple[str, ...]:
        """Return the sentences that WordNet quotes for a synset."""
        text = self._examples[self._row(query)]
        return tuple(text.split("\t")) if text else ()

    def is_instance(self, query: str | Synset) -> bool:
        """Tell whether a synset is one thing with a name (Paris) and no kind of thing (city)."""
        return bool(self._instance_hypernyms[self._row(query)])

    def closure(
        self,
        query: str | Synset,
        instances: bool = False,
        max_depth: int | None = None,
        leaves_only: bool = False,
    ) -> tuple[Synset, ...]:
        """Collect a synset and all that lies under it, each once, breadth first, then by number.

        Args:
            query: the source; it counts as part of its closure, at depth 0.
            instances: follow instances too (Paris under city).
            max_depth: how many steps down to go; None goes all the way.
            leaves_only: keep only synsets under which WordNet has nothing more (of the kinds that
                are followed).
        """
        rows = self._closure_rows(self._row(query), instances, max_depth)
        if leaves_only:
            rows = [row for row in rows if not self._children(row, instances)]
        return tuple(map(self._at, rows))

    def hypernym_paths(self, query: str | Synset) -> tuple[tuple[Synset, ...], ...]:
        """Return every way from the root (entity.n.01) down to a synset, both ends included."""
        paths = self._paths(self._row(query))
        return tuple(tuple(map(self._at, path)) for path in paths)

    def is_under(self, query: str | Synset, group: str | Synset) -> bool:
        """Tell whether a synset is a kind or an instance of a group, or the group itself."""
        return self._row(group) in self._distances(self._row(query))

    def numbers_above(self, query: str | Synset) -> set[str]:
        """Return the numbers of a synset and of all that it is a kind or an instance of."""
        return {f"n{self._numbers[row]}" for row in self._distances(self._row(query))}

    # Rows: a synset's place in the file. Every column is a list of lines, unpacked when first used.

    def _column(self, name: str) -> list[str]:
        return self._archive.read(f"{name}.txt").decode("ascii").split("\n")

    @cached_property
    def _lemmas(self) -> list[str]:
        return self._column("lemmas")

    @cached_property
    def _glosses(self) -> list[str]:
        return self._column("glosses")

    @cached_property
    def _examples(self) -> list[str]:
        return self._column("examples")

    @cached_property
    def _lexical_files(self) -> list[str]:
        return self._column("lexical_files")

    @cached_property
    def _hypernyms(self) -> list[str]:
        return self._column("hypernyms")

    @cached_property
    def _instance_hypernyms(self) -> list[str]:
        return self._column("instance_hypernyms")

    @cached_property
    def _hyponyms(self) -> list[list[int]]:
        return invert(list(map(_read_rows, self._hypernyms)))

    @cached_property
    def _instance_hyponyms(self) -> list[list[int]]:
        return invert(list(map(_read_rows, self._instance_hypernyms)))

    @cached_property
    def _index(self) -> dict[str, str]:
        """Lower-case lemma to the rows of its senses, in the order of the senses."""
        return dict(line.split(" ", 1) for line in self._column("index"))

    def _at(self, row: int) -> Synset:
        lemmas = self._lemmas[row].split(" ")
        return Synset(
            name=self._name(row),
            number=f"n{self._numbers[row]}",
            lemmas=tuple(lemma.replace("_", " ") for lemma in lemmas),
            gloss=self._glosses[row],
            lexical_file=self._lexical_files[row],
        )

    def _name(self, row: int) -> str:
        lemma = self._lemmas[row].split(" ", 1)[0].lower()
        sense = self._index[lemma].split(" ").index(str(row)) + 1
        return f"{lemma}.n.{sense:02d}"

    def _sense_rows(self, word: str) -> list[int]:
        return [int(row) for row in self._index.get(to_lemma(word), "").split()]

    def _row(self, query: str | Synset, where: str = "wordnet") -> int:
        rows = self._matches(query)
        if len(rows) != 1:
            raise self._refusal(str(query), rows, where)
        return rows[0]

    def _matches(self, query: str | Synset) -> list[int]:
        text = query.number if isinstance(query, Synset) else query
        if NUMBER.fullmatch(text):
            return [self._row_of[text[1:]]] if text[1:] in self._row_of else []
        if match := NAME.fullmatch(text):
            sense = int(match["sense"])
            return self._sense_rows(match["lemma"])[sense - 1 : sense]
        return self._sense_rows(text)

    def _refusal(self, query: str, rows: list[int], where: str) -> RecipeError:
        if rows:
            senses = "".join(f"\n  {self._name(row)}  {self._glosses[row]}" for row in rows)
            return RecipeError(
                where, f"{query!r} has {len(rows)} senses", f"name the one you mean:{senses}"
            )
        if NUMBER.fullmatch(query):
            return RecipeError(
                where,
                f"no noun of WordNet 3.0 has the number {query!r}",
                "other WordNet versions have other numbers: give the name, as in 'dog.n.01'",
            )
        near = ", ".join(repr(name) for name in self._nearest(query))
        right = f"did you mean {near}?" if near else "names look like 'dog.n.01'"
        return RecipeError(where, f"WordNet 3.0 has no noun {query!r}", right)

    def _nearest(self, query: str) -> list[str]:
        """List names near a mistyped one: every sense of a known lemma, else up to three lemmas."""
        match = NAME.fullmatch(query)
        lemma = to_lemma(match["lemma"] if match else query)
        if known := self._sense_rows(lemma):
            return [f"{lemma}.n.{sense:02d}" for sense in range(1, len(known) + 1)]
        pool = self._find_alike(lemma)
        swapped = [known for known in pool if sorted(known) == sorted(lemma)]
        near = swapped + get_close_matches(lemma, pool, 3)
        return [f"{word}.n.01" for word in dict.fromkeys(near)][:3]

    def _find_alike(self, lemma: str) -> list[str]:
        """Narrow 117,798 lemmas to those worth a slow comparison: like in length and in one end."""
        return [
            known
            for known in self._index
            if abs(len(known) - len(lemma)) <= 2
            and (known[:1] == lemma[:1] or known[-3:] == lemma[-3:])
        ]

    def _parents(self, row: int, instances: bool = True) -> tuple[int, ...]:
        above = _read_rows(self._hypernyms[row])
        return above + _read_rows(self._instance_hypernyms[row]) if instances else above

    def _children(self, row: int, instances: bool) -> list[int]:
        return sorted(self._hyponyms[row] + (self._instance_hyponyms[row] if instances else []))

    def _closure_rows(self, source: int, instances: bool, max_depth: int | None) -> list[int]:
        level, seen, found, depth = [source], {source}, [source], 0
        while level and (max_depth is None or depth < max_depth):
            below = {child for row in level for child in self._children(row, instances)}
            level = sorted(below - seen)
            seen.update(level)
            found.extend(level)
            depth += 1
        return found

    def _paths(self, row: int) -> list[tuple[int, ...]]:
        parents = self._parents(row)
        if not parents:
            return [(row,)]
        return [(*path, row) for parent in parents for path in self._paths(parent)]

    def _distances(self, row: int) -> dict[int, int]:
        """Count the fewest steps up from a row to each row above it, itself included at 0."""
        level, steps, height = {row}, {row: 0}, 0
        while level:
            height += 1
            level = {parent for child in level for parent in self._parents(child)} - steps.keys()
            steps.update(dict.fromkeys(level, height))
        return steps


@cache
def load() -> WordNetNouns:
    """Open the shipped WordNet, once in a process."""
    packed = (files("synthset.taxonomy") / "data" / FILE).read_bytes()
    return WordNetNouns(zipfile.ZipFile(BytesIO(packed)))


def is_number(name: str) -> bool:
    """Tell whether a name is the number of a synset, as folders of ImageNet are called.

    >>> is_number("n02099601"), is_number("n99999999"), is_number("dog.n.01")
    (True, False, False)
    """
    return NUMBER.fullmatch(name) is not None and name in load()


def to_lemma(word: str) -> str:
    """Write a word as WordNet's index does: lower case, blanks as underscores."""
    return "_".join(word.lower().replace("_", " ").split())


def invert(references: list[tuple[int, ...]]) -> list[list[int]]:
    """Turn "row has these parents" into "row has these children", children in order."""
    children: list[list[int]] = [[] for _ in references]
    for row, parents in enumerate(references):
        for parent in parents:
            children[parent].append(row)
    return children


def _read_rows(line: str) -> tuple[int, ...]:
    return tuple(map(int, line.split())) if line else ()
