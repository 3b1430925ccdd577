"""Classes as vectors of their words: what lies near in meaning lies near on the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.encoders import text
from synthset.taxonomy import wordnet
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.hypernym_features import compute_hypernym_features


@dataclass(frozen=True, eq=False)
class ClassVectors:
    """Classes as vectors.

    Attributes:
        features: (K, D) float32, unit length (or 0 where nothing is known of a class).
        how: what made them, in words.
    """

    features: NDArray[np.float32]
    how: str


def encode_words(entries: Sequence[ClassEntry]) -> ClassVectors:
    """Encode name and definition of each class.

    By the sentence encoder of `synthset[text]` where it is installed; else by what lies above each
    class in WordNet.

    Args:
        entries: K classes.
    """
    if text.is_installed():
        found = text.encode_sentences([describe_class(entry) for entry in entries])
        return ClassVectors(found, "the meaning of names and definitions (all-MiniLM-L6-v2)")
    return ClassVectors(
        compute_hypernym_features([entry.wnid for entry in entries]),
        "what is above them in WordNet",
    )


def describe_class(entry: ClassEntry) -> str:
    """The text that stands for a class: its name, and its definition where there is one.

    >>> describe_class(ClassEntry("a", "crane", "a", gloss="large long-necked wading bird"))
    'crane: large long-necked wading bird'
    """
    if entry.gloss is None and entry.wnid is not None and entry.wnid in wordnet.load():
        return f"{entry.name}: {wordnet.load().synset(entry.wnid).gloss}"
    return f"{entry.name}: {entry.gloss}" if entry.gloss else entry.name
