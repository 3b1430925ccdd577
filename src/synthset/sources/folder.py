"""Images made elsewhere, taken over byte by byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pyarrow as pa

from synthset.formats.originals import Originals
from synthset.images import UnreadableImage, decode, suffix_of
from synthset.recipe.sources import Folder as Settings
from synthset.record import IMAGES
from synthset.sources.outcome import Outcome, image_table
from synthset.stage import Rows, Stage


class Folder(Stage):
    """Takes over each record's image from its source; the bytes stay as they are."""

    reads: ClassVar[Sequence[str]] = ("id", "source")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._originals = Originals(settings.paths)

    @property
    def writes(self) -> pa.Schema:
        return IMAGES

    def prepare(self, rows: Rows) -> list[bytes | None]:
        """Read the files.

        Raises:
            DatasetError: a Parquet file or a whole folder is gone, which is no fault of the single
            image.
        """
        return [self.read(source) for source in rows.column("source")]

    def finish(self, rows: Rows, computed: list[bytes | None]) -> pa.Table:
        """Decode each image once, to be sure that it is one."""
        sources = rows.column("source")
        outcomes = [
            _outcome(source, data)
            if data is not None
            else Outcome(error=self._originals.missing(source))
            for source, data in zip(sources, computed, strict=True)
        ]
        return image_table(rows.column("id"), outcomes)

    def read(self, source: str) -> bytes | None:
        """Read the encoded image that a scan found at `source`; None where there is none now."""
        return self._originals.read(source)


def _outcome(source: str, data: bytes) -> Outcome:
    try:
        pixels = decode(data)
    except UnreadableImage as fault:
        return Outcome(error=f"{source}: {fault}")
    return Outcome(data, suffix_of(data) or "", pixels.shape[1], pixels.shape[0])
