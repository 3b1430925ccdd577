"""Label conflicts: the same bytes under several labels, of which at most one is right.

The rule for them is a setting: `drop` uses none of such images, `first` the label that comes first
in the order in which the images are listed, and `keep` each label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

Rule = Literal["drop", "first", "keep"]
SHOWN = 5  # pairs of labels that are named


def find_label_conflicts(
    contents: Iterable[str], labels: Iterable[int]
) -> dict[str, tuple[int, ...]]:
    """Find the bytes that stand under several labels.

    Args:
        contents: (N,) hash of each image's bytes.
        labels: (N,) label of each; a negative one is none.

    Returns:
        The labels of each such content, rising.

    >>> find_label_conflicts(["a", "b", "a", "b", "b"], [0, 1, 2, 1, -1])
    {'a': (0, 2)}
    """
    first: dict[str, int] = {}
    found: dict[str, set[int]] = {}
    for content, label in zip(contents, labels, strict=True):
        if label >= 0 and (known := first.setdefault(content, label)) != label:
            found.setdefault(content, {known}).add(label)
    return {content: tuple(sorted(mine)) for content, mine in found.items()}


def apply_rule(contents: Sequence[str], labels: Sequence[int], rule: Rule) -> list[bool]:
    """Apply the rule: tell of each image whether it is used.

    Args:
        contents: (N,) hash of each image's bytes, in the order in which they are listed.
        labels: (N,) label of each; a negative one is none.
        rule: for bytes under several labels.

    >>> apply_rule(["a", "b", "a"], [1, 0, 0], "drop")
    [False, True, False]
    >>> apply_rule(["a", "b", "a"], [1, 0, 0], "first")
    [True, True, False]
    """
    conflicts = {} if rule == "keep" else find_label_conflicts(contents, labels)
    first: dict[str, int] = {}
    for content, label in zip(contents, labels, strict=True):
        if label >= 0:
            first.setdefault(content, label)
    return [
        content not in conflicts or label < 0 or (rule == "first" and first[content] == label)
        for content, label in zip(contents, labels, strict=True)
    ]


def describe_outcome(rule: Rule, used: str = "used") -> str:
    """Say what becomes of images in conflict.

    >>> describe_outcome("first", "trained on")
    'trained on only under the first label (conflicts: first)'
    """
    said = {
        "drop": f"not {used}; correct the labels, or choose another rule",
        "first": f"{used} only under the first label",
        "keep": f"{used} under each label",
    }
    return f"{said[rule]} (conflicts: {rule})"


def describe_conflicts(
    conflicts: Mapping[str, Sequence[int]], names: Sequence[str], outcome: str
) -> tuple[str, ...]:
    """Say in a note which labels contradict each other; none where none do.

    Args:
        conflicts: of `find_label_conflicts`.
        names: of the classes in label order.
        outcome: what becomes of such images.

    >>> describe_conflicts({"a": (0, 1)}, ["cat", "dog"], "none trains")[0].partition(": ")[2]
    "1 image occurs with the same bytes under several labels: 'cat' and 'dog' (1); none trains"
    """
    if not conflicts:
        return ()
    which = Counter(join_names(names[label] for label in labels) for labels in conflicts.values())
    said = [f"{pair} ({count:,})" for pair, count in which.most_common(SHOWN)]
    more = f" and {len(which) - SHOWN:,} more" if len(which) > SHOWN else ""
    images = "1 image occurs" if len(conflicts) == 1 else f"{len(conflicts):,} images occur"
    where = f"with the same bytes under several labels: {', '.join(said)}{more}"
    return (f"label conflict: {images} {where}; {outcome}",)


def join_names(names: Iterable[str]) -> str:
    """Name labels that contradict each other.

    >>> join_names(["cat", "dog", "fox"])
    "'cat' and 'dog' and 'fox'"
    """
    return " and ".join(map(repr, names))
