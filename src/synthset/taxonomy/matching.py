"""Which classes does a caption name? Whole words, looked up in a tree of all lemmas at once.

Paper: Shirali and Hardt 2023, What Makes ImageNet Look Unlike LAION, arXiv 2306.15769 (a lemma
stands for a class only if it names no other class of the list)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from synthset.taxonomy.classlists import ClassEntry

WORD = re.compile(r"[^\W_]+")
SEVERAL = -1  # label of a lemma that names several classes


@dataclass(slots=True)
class _Node:
    """A word of a lemma: the words that may follow it, and the lemma that ends here."""

    after: dict[str, _Node] = field(default_factory=dict)
    label: int | None = None
    lemma: str = ""


class CaptionMatcher:
    """Finds classes in captions, by the lemmas of the classes (by the name, where one has none).

    Case and punctuation don't count, words do: "hot-dog!" is "hot dog", and "dogs" is no "dog". A
    lemma inside a longer one doesn't count either: "sea lion" names no lion. Lemmas are short, so
    the tree is walked anew from each word of a caption, without the failure links of Aho and
    Corasick.

    >>> from synthset.taxonomy.classlists import make_name_classes
    >>> matcher = CaptionMatcher(make_name_classes(["lion", "sea lion", "dog"]))
    >>> matcher.match(["A sea-lion and a DOG.", "dogs"])
    [{1: 'sea lion', 2: 'dog'}, {}]

    Attributes:
        shared: lemmas that name several classes, with their labels; they match nothing.
    """

    def __init__(self, classes: Sequence[ClassEntry]) -> None:
        self._top = _Node()
        named: dict[tuple[str, ...], list[int]] = {}
        for label, entry in enumerate(classes):
            for words in dict.fromkeys(map(_key, entry.lemmas or (entry.name,))):
                named.setdefault(words, []).append(label)
        named.pop((), None)
        for words, labels in named.items():
            self._add(words, labels[0] if len(labels) == 1 else SEVERAL)
        self.shared: Mapping[str, tuple[int, ...]] = {
            " ".join(words): tuple(labels) for words, labels in named.items() if len(labels) > 1
        }

    def match(self, captions: Iterable[str]) -> list[dict[int, str]]:
        """Find the classes of each caption.

        Args:
            captions: N texts.

        Returns:
            N mappings of a label to the lemma that named it first, in the order of the caption; two
            lemmas of one class are one match.
        """
        return [self._find(split_words(caption)) for caption in captions]

    def _find(self, words: list[str]) -> dict[int, str]:
        found: dict[int, str] = {}
        starts, reached = self._top.after, 0
        for start, word in enumerate(words):
            if word not in starts:
                continue
            node, end, longest = starts[word], start + 1, None
            while True:
                if node.label is not None:
                    longest, longest_end = node, end
                if end == len(words) or (following := node.after.get(words[end])) is None:
                    break
                node, end = following, end + 1
            if longest is None or longest_end <= reached:
                continue
            reached = longest_end
            if longest.label is not None and longest.label != SEVERAL:
                found.setdefault(longest.label, longest.lemma)
        return found

    def _add(self, words: tuple[str, ...], label: int) -> None:
        node = self._top
        for word in words:
            node = node.after.setdefault(word, _Node())
        node.label, node.lemma = label, " ".join(words)


def split_words(text: str) -> list[str]:
    """Part a text into words without case and punctuation.

    >>> split_words("Jack-o'-lantern_2 (Crème!)")
    ['jack', 'o', 'lantern', '2', 'crème']
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return WORD.findall(plain.casefold())


def _key(lemma: str) -> tuple[str, ...]:
    return tuple(split_words(lemma))
