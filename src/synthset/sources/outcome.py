"""What becomes of one planned image, and what all stages that give records their images share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from synthset.images import EXTENSIONS, encode, sha256
from synthset.record import IMAGES
from synthset.stage import Rows, Stage

COLUMNS = pa.schema([*IMAGES, pa.field("error", pa.string())])


@dataclass(frozen=True, slots=True)
class Outcome:
    """An encoded image, or the reason why there is none.

    Attributes:
        data: the encoded image; None where there is none.
        extension: of the file name, with the dot.
        width: pixels; None where there is no image.
        height: pixels; None where there is no image.
        nsfw: the safety checker's verdict; None where none looked.
        error: why there is no image.
    """

    data: bytes | None = None
    extension: str = ""
    width: int | None = None
    height: int | None = None
    nsfw: bool | None = None
    error: str | None = None

    def row(self, record_id: str) -> dict[str, object]:
        """Give the columns of this record."""
        image = None
        if self.data is not None:
            image = {"bytes": self.data, "path": record_id + self.extension}
        return {
            "image": image,
            "sha256": None if self.data is None else sha256(self.data),
            "width": self.width,
            "height": self.height,
            "nsfw": self.nsfw,
            "error": self.error,
        }


class ImageStage(Stage):
    """A stage that gives each record its image.

    Attributes:
        settings: of the source; those of a generator say how pictures are encoded.
    """

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    @property
    def writes(self) -> pa.Schema:
        return IMAGES

    def finish(self, rows: Rows, computed: Sequence[Any]) -> pa.Table:
        """Encode the images."""
        return image_table(rows.column("id"), [self.outcome(made) for made in computed])

    def outcome(self, made: Any) -> Outcome:
        """Encode a picture, (H, W, 3) uint8 RGB; words say why there is none."""
        if isinstance(made, str):
            return Outcome(error=made)
        encoding = self.settings.encoding
        data = encode(made, encoding.format, encoding.quality)
        return Outcome(data, EXTENSIONS[encoding.format], made.shape[1], made.shape[0])


def image_table(ids: Sequence[str], outcomes: Sequence[Outcome]) -> pa.Table:
    """Build a generator's output table, row i from record i."""
    rows = [outcome.row(name) for name, outcome in zip(ids, outcomes, strict=True)]
    return pa.Table.from_pylist(rows, schema=COLUMNS)
