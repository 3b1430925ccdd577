"""Classes as vectors of what lies above them in WordNet: kin are near each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthset.taxonomy import wordnet

#: Above a noun stand 5 to 15 synsets; the top few ("entity", "object") tell nothing apart.
COMMON = 0.9


def compute_hypernym_features(wnids: Sequence[str | None]) -> NDArray[np.float32]:
    """Describe each class by the synsets above it, each weighted by how few classes share it.

    Args:
        wnids: WordNet numbers of K classes; None for one that has none.

    Returns:
        (K, D) float32, unit length; 0 where a class has no synset. The product of two rows is high
        where the classes share a narrow hypernym.
    """
    nouns = wordnet.load()
    above = [nouns.numbers_above(wnid) if wnid and wnid in nouns else set() for wnid in wnids]
    times: dict[str, int] = {}
    for numbers in above:
        for number in numbers:
            times[number] = times.get(number, 0) + 1
    told = sorted(number for number, count in times.items() if count <= COMMON * len(wnids))
    place = {number: column for column, number in enumerate(told)}
    features = np.zeros((len(wnids), max(1, len(told))), dtype=np.float32)  # (K, D)
    for row, numbers in enumerate(above):
        for number in numbers & place.keys():
            features[row, place[number]] = np.log(len(wnids) / times[number])
    length = np.linalg.norm(features, axis=1, keepdims=True)
    features /= np.where(length > 0, length, 1)
    return features
