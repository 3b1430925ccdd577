"""Which classes a classifier took for which: intended class against its first choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.results.dataset.finished_records import FinishedRecords

LARGEST = 30  # classes of a matrix that can still be read; larger ones show their worst pairs only
PAIRS = 12
PREDICTED = "_predicted"


@dataclass(frozen=True, eq=False)
class Confusion:
    """What one recognition score saw.

    Attributes:
        score: prefix of its columns.
        classes: names of the intended classes, in label order.
        shares: (K, K + 1) of each class, in [0, 1]; the last column is everything else that the
            classifier knows. Rows of classes without images are 0. None where K is too large.
        counts: (K,) images of each class.
        pairs: most frequent mistakes: intended, seen as, share of the intended class, images.
        recognised: (K,) share whose first choice is the intended class.
    """

    score: str
    classes: list[str]
    shares: NDArray[np.float64] | None
    counts: NDArray[np.int64]
    pairs: list[tuple[str, str, float, int]]
    recognised: NDArray[np.float64]


def count_confusions(seen: FinishedRecords) -> list[Confusion]:
    """Look at each recognition score."""
    names = seen.records.column_names
    prefixes = [name.removesuffix(PREDICTED) for name in names if name.endswith(PREDICTED)]
    return [count_confusion(seen, prefix) for prefix in prefixes if f"{prefix}_rank" in names]


def count_confusion(seen: FinishedRecords, prefix: str) -> Confusion:
    """Count intended classes against first choices, over all images that were made and scored."""
    predicted = seen.records.column(prefix + PREDICTED).to_pylist()
    rank = seen.records.column(f"{prefix}_rank").to_pylist()
    rows = [row for row in np.flatnonzero(seen.made).tolist() if predicted[row] is not None]
    labels = seen.labels[rows]
    said = [str(predicted[row]) for row in rows]
    hits = np.array([rank[row] == 1 for row in rows], dtype=bool)
    count = len(seen.classes)
    counts = np.bincount(labels, minlength=count)
    right = np.bincount(labels[hits], minlength=count)
    return Confusion(
        prefix,
        [seen.name_class(label) for label in range(count)],
        _matrix(seen, labels, said, hits, counts) if 2 <= count <= LARGEST else None,
        counts,
        _pairs(seen, labels, said, hits, counts),
        right / np.maximum(counts, 1),
    )


def _own_labels(
    seen: FinishedRecords, labels: NDArray[np.int64], said: Sequence[str], hits: NDArray[np.bool_]
) -> dict[str, int]:
    """Find which class the classifier's words mean: the one they were right for, else by name."""
    meant = {seen.name_class(label).casefold(): label for label in range(len(seen.classes))}
    own = {word: meant[word.casefold()] for word in set(said) if word.casefold() in meant}
    right = Counter((said[i], int(labels[i])) for i in np.flatnonzero(hits).tolist())
    for (word, label), _ in sorted(right.items(), key=lambda item: item[1]):
        own[word] = label
    return own


def _matrix(
    seen: FinishedRecords,
    labels: NDArray[np.int64],
    said: Sequence[str],
    hits: NDArray[np.bool_],
    counts: NDArray[np.int64],
) -> NDArray[np.float64]:
    size = len(seen.classes)
    own = _own_labels(seen, labels, said, hits)
    columns = np.array([own.get(word, size) for word in said], dtype=np.int64)
    columns[hits] = labels[hits]
    found = np.zeros((size, size + 1))
    np.add.at(found, (labels, columns), 1)
    return found / np.maximum(counts, 1)[:, None]  # (K, K + 1)


def _pairs(
    seen: FinishedRecords,
    labels: NDArray[np.int64],
    said: Sequence[str],
    hits: NDArray[np.bool_],
    counts: NDArray[np.int64],
) -> list[tuple[str, str, float, int]]:
    wrong = Counter((int(labels[i]), said[i]) for i in np.flatnonzero(~hits).tolist())
    return [
        (seen.name_class(label), word, n / int(counts[label]), n)
        for (label, word), n in wrong.most_common(PAIRS)
    ]
