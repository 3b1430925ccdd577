"""One image, as a path lists it: what every reader gives and every command takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The classes of a set in label order, those without an image among them.

    Attributes:
        names: of each class by its number, each once.
        wnids: WordNet number of each, None where there is none; empty where none has one.
        said_by: what lists them, in words, as `classes.txt` or `the ClassLabel of train.parquet`.
        ordered: whether the list says which number a class has; folders only say which there are.
    """

    names: tuple[str, ...]
    wnids: tuple[str | None, ...] = ()
    said_by: str = field(default="", compare=False)
    ordered: bool = True


@dataclass(frozen=True, slots=True)
class Label:
    """What an image is of.

    Attributes:
        name: of the class, as its files write it.
        number: of the class, where its files give one.
        wnid: number of its WordNet synset, where its files give one.
        vocabulary: the list that the number counts in, where there is one.
    """

    name: str
    number: int | None = None
    wnid: str | None = None
    vocabulary: Vocabulary | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One image.

    Attributes:
        source: where it lies, as `Originals` reads it: `/data/pets/cat/a.jpg`,
            `/data/train.parquet#123` (row 123, from 0).
        label: what it is of; None where nothing says so.
        caption: the words that made it, or that describe it.
        split: `train`, `val` or `test`, where its place or its table says so.
        origin: what its records are called by.
        content: SHA-256 of the encoded bytes (of `source`, where there are none), once they are
            read: the same picture has the same content wherever it lies, so copies share it.
        num_bytes: size of the encoded image, once it is read.
        facts: what else its files say, by column of the plan.
        read: gives the encoded image, None where it can't be read; to be called before the next row
            is asked for. None where `Originals` reads it by its source.
    """

    source: str
    label: Label | None = None
    caption: str | None = None
    split: str | None = None
    origin: str = ""
    content: str = ""
    num_bytes: int = 0
    facts: Mapping[str, object] = field(default_factory=dict)
    read: Callable[[], bytes | None] | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """Name of its class; empty where it has none."""
        return self.label.name if self.label else ""
