"""What a path holds, once it is known: images that lie together, in splits, with their classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from synthset.formats.labels import join_vocabularies
from synthset.formats.listed import Listed, Vocabulary
from synthset.formats.manifest import Passed
from synthset.store.remote import Place

Rows = Callable[[Passed], Iterator[Listed]]


def pass_nothing_over(passed: Passed) -> None:
    """Pass nothing over."""


def know_no_classes() -> Vocabulary | None:
    """Know no classes before the rows are read."""
    return None


@dataclass(frozen=True)
class Unit:
    """Images that lie together: a packed file, a folder of classes, a dataset.

    Attributes:
        path: where, for messages.
        split: `train`, `val` or `test`, where its path says so; None where it doesn't, or its rows
            do.
        rows: lists the images, and gathers what is passed over.
        within: splits that its rows name.
        vocabulary: gives the classes in label order, where a list, a ClassLabel or folders say them
            before a row is read.
        closed: whether no row names a class beyond these.
    """

    path: str
    split: str | None
    rows: Rows
    within: frozenset[str] = frozenset()
    vocabulary: Callable[[], Vocabulary | None] = know_no_classes
    closed: bool = False


@dataclass(frozen=True)
class Layout:
    """What a path holds.

    Attributes:
        root: the path.
        kind: what it is, in words.
        units: its images, in their order.
        others: what lies beside the splits and is of none.
        folders: whether the units are folders of image files.
        labels: what names the classes, in words; empty where the labels' own list says it.
        leftover: gathers what lies beside all units.
        tables: that say something of the image files beside them.
    """

    root: Place
    kind: str
    units: tuple[Unit, ...]
    others: tuple[str, ...] = ()
    folders: bool = False
    labels: str = ""
    leftover: Callable[[Passed], None] = pass_nothing_over
    tables: tuple[str, ...] = ()

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The classes in label order, empty ones too, as lists, ClassLabels or folders say them;
        None where only rows tell."""
        found = [unit.vocabulary() for unit in self.units]
        said = [one for one in found if one is not None]
        return join_vocabularies(said) if said and len(said) == len(found) else None

    @property
    def closed(self) -> bool:
        """Whether no row names a class beyond the vocabulary."""
        return all(unit.closed for unit in self.units)

    @property
    def splits(self) -> frozenset[str]:
        """The splits that its paths or its tables name."""
        named = (unit.within | {unit.split} for unit in self.units)
        return frozenset(split for said in named for split in said if split)
