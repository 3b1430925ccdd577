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
        score: how well it fits; higher is better. Words: BM25, 0 and up. Images and CLIP: cosine,
            in [-1, 1].
        path: where its image lies, as in `images-<fp>/00000.parquet#12` (row 12, from 0).
        prompt: the words that made it, where there are any.
    """

    id: str
    class_name: str
    score: float
    path: str
    prompt: str | None


@dataclass(frozen=True, slots=True)
class Hits:
    """All that a search finds.

    Attributes:
        records: what fits, best first.
        score: what their scores are, in words.
    """

    records: tuple[Hit, ...]
    score: str

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.records)
