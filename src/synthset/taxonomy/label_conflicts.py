"""Label conflicts: the same bytes under several labels, of which at most one is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

SHOWN = 5  # pairs of labels that are named


def label_conflicts(contents: Iterable[str], labels: Iterable[int]) -> dict[str, tuple[int, ...]]:
    """Find the bytes that stand under several labels.

    Args:
        contents: (N,) hash of each image's bytes.
        labels: (N,) label of each; a negative one is none.

    Returns:
        The labels of each such content, rising.

    >>> label_conflicts(["a", "b", "a", "b", "b"], [0, 1, 2, 1, -1])
    {'a': (0, 2)}
    """
    first: dict[str, int] = {}
    found: dict[str, set[int]] = {}
    for content, label in zip(contents, labels, strict=True):
        if label >= 0 and (known := first.setdefault(content, label)) != label:
            found.setdefault(content, {known}).add(label)
    return {content: tuple(sorted(mine)) for content, mine in found.items()}


def conflict_note(
    conflicts: Mapping[str, Sequence[int]], names: Sequence[str], outcome: str
) -> tuple[str, ...]:
    """Say in a note which labels contradict each other; none where none do.

    Args:
        conflicts: of `label_conflicts`.
        names: of the classes in label order.
        outcome: what becomes of such images.

    >>> conflict_note({"a": (0, 1)}, ["cat", "dog"], "none trains")[0].partition(": ")[2]
    "1 image stands with the same bytes under several labels: 'cat' and 'dog' (1); none trains"
    """
    if not conflicts:
        return ()
    which = Counter(both(names[label] for label in labels) for labels in conflicts.values())
    said = [f"{pair} ({count:,})" for pair, count in which.most_common(SHOWN)]
    more = f" and {len(which) - SHOWN:,} more" if len(which) > SHOWN else ""
    images = "1 image stands" if len(conflicts) == 1 else f"{len(conflicts):,} images stand"
    where = f"with the same bytes under several labels: {', '.join(said)}{more}"
    return (f"label conflict: {images} {where}; {outcome}",)


def both(names: Iterable[str]) -> str:
    """Name labels that contradict each other.

    >>> both(["cat", "dog", "fox"])
    "'cat' and 'dog' and 'fox'"
    """
    return " and ".join(map(repr, names))
