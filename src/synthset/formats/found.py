"""An image that was made elsewhere, as a scan finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Found:
    """One labelled image.

    Attributes:
        label: name of its class folder, or its label in a Parquet file.
        source: where it lies, as in `/data/pets/cat/a.jpg` or `/data/train.parquet#123` (row 123,
            from 0).
        prompt: the words that made it, where they are known.
        origin: what its records are called by.
        content: SHA-256 of the encoded bytes (of `source`, where a row has no bytes): the same
            picture has the same content wherever it lies, so copies share it.
        num_bytes: size of the encoded image.
        facts: columns of the plan that only its source knows.
        number: of its class, where its file gives one.
        classes: names of all classes by number, where its file lists them.
    """

    label: str
    source: str
    prompt: str | None
    origin: str
    content: str
    num_bytes: int
    facts: Mapping[str, object] = field(default_factory=dict)
    number: int | None = None
    classes: tuple[str, ...] = ()
