"""What tables say of one image, and how what several of them say becomes one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from synthset.formats.class_lists import ClassList
from synthset.formats.listed import Label, Vocabulary

APART = re.compile(r" \([^()]*\)$")


@dataclass(frozen=True, slots=True)
class SideRow:
    """What a table says of one image.

    Attributes:
        label: what it is of; None where the table doesn't say.
        caption: its words.
        split: `train`, `val` or `test`, where a column or the name of the table says so.
        facts: the row, by column.
        detail: why there is no label, where the table has one that can't be used.
    """

    label: Label | None = None
    caption: str | None = None
    split: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    detail: str = ""

    @property
    def name(self) -> str:
        """Name of its class; empty where it has none."""
        return self.label.name if self.label else ""


def fill(known: SideRow, further: SideRow, before: str, name: str) -> SideRow:
    """What one table says, and where it says nothing what the next one does. Two labels by tables
    of one folder are none."""
    label, detail = known.label, known.detail
    nearer = before.rpartition("/")[0] != name.rpartition("/")[0]
    if label is None and not detail:
        label, detail = further.label, further.detail
    elif label and further.label and not (_is_same(label, further.label) or nearer):
        at = before if before == name else f"{before} and {name}"
        detail = f"{at}: they give it the labels {label.name!r} and {further.label.name!r}"
        label = None
    return SideRow(
        label,
        known.caption or further.caption,
        known.split or further.split,
        {**further.facts, **known.facts},
        detail,
    )


def _is_same(one: Label, other: Label) -> bool:
    if one.number is not None and other.number is not None:
        return one.number == other.number
    return one.name == other.name or (one.wnid is not None and one.wnid == other.wnid)


def settle(label: Label | None, classes: ClassList, same: bool) -> Label | None:
    """What a label is called by the list of classes, where that has it."""
    if label is None or (label.vocabulary is not None and not same):
        return label
    if label.number is None:
        return (
            classes.find_label(label.wnid or label.name) or classes.find_label(label.name) or label
        )
    bare = same or label.name == str(label.number)
    known = classes.find_label(label.number + classes.first * same) if classes or bare else None
    return known if known and (bare or _plain(known.name) == _plain(label.name)) else label


def is_same_list(listed: Vocabulary | None, classes: ClassList) -> bool:
    names = listed.names if listed else ()
    return tuple(map(_plain, names)) == tuple(map(_plain, classes.names))


def _plain(name: str) -> str:
    """A name without what tells it apart from others, as in `crane (134)`."""
    return APART.sub("", name)


def collect_lists(rows: Iterable[SideRow]) -> dict[int, Vocabulary]:
    """The lists of classes by identity, each with the wnids that rows give to its classes, or to
    those of a list of the same names."""
    lists, wnids = dict[int, Vocabulary](), dict[int, dict[int, str | None]]()
    for label in (row.label for row in rows if row.label):
        if label.vocabulary is not None:
            lists[id(label.vocabulary)] = label.vocabulary
            known = wnids.setdefault(id(label.vocabulary), {})
            if label.wnid and label.number is not None:
                known[label.number] = label.wnid
    by_names = dict[tuple[str, ...], dict[int, str | None]]()
    for key, listed in lists.items():
        known = by_names.setdefault(listed.names, {})
        known |= dict(enumerate(listed.wnids)) | wnids[key]
    return {key: _add_wnids(listed, by_names[listed.names]) for key, listed in lists.items()}


def _add_wnids(listed: Vocabulary, known: Mapping[int, str | None]) -> Vocabulary:
    wnids = tuple(known.get(label) for label in range(len(listed.names)))
    return replace(listed, wnids=wnids if any(wnids) else ())
