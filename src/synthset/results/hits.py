"""What a search finds: records, best first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hit:
    """One record.

    Attributes:
        id: of the record.
        class_name: its class.
        score: how well it matches; higher is better. Words: BM25, 0 and up. Images and CLIP:
            cosine, in [-1, 1].
        path: where its image is, as in `images-<fp>/00000.parquet#12` (row 12, from 0).
        prompt: the prompt that made it, if there is one.
    """

    id: str
    class_name: str
    score: float
    path: str
    prompt: str | None


@dataclass(frozen=True, slots=True)
class Hits:
    """The results of a search.

    Attributes:
        records: matching records, best first.
        score: what their scores mean, in words.
    """

    records: tuple[Hit, ...]
    score: str

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.records)
