"""Reads the encoded images that a scan has found, by their `source`."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from synthset.errors import DatasetError
from synthset.formats import arrays, tars, zips
from synthset.formats.image_cells import MISSING
from synthset.formats.source_names import parse_source
from synthset.formats.table import split_source
from synthset.formats.table_files import TableImages
from synthset.images import Pixels, UnreadableImage, decode, sha256
from synthset.recipe.paths import FolderPath
from synthset.store.remote import is_url


class Originals:
    """Gives the bytes of image files, Parquet rows and tar members; several threads may ask."""

    def __init__(self, paths: Sequence[FolderPath]) -> None:
        columns = list(dict.fromkeys(place.image_column for place in paths))
        self._tables = TableImages(columns)

    def read(self, source: str) -> bytes | None:
        """Read one image; None where it is missing or its part of the file is damaged.

        Args:
            source: as a scan has named it, such as `pets/cat/a.jpg` or `train.parquet#12`.

        Raises:
            DatasetError: a Parquet file or a whole folder is gone, or can't be reached, which is no
            fault of the single image.
        """
        row, member = split_source(source), tars.split_source(source)
        inside, array = zips.split_source(source), arrays.split_source(source)
        try:
            if member is not None:
                return tars.read(*member)
            if inside is not None:
                return zips.read(*inside)
            if array is not None:
                return arrays.read(*array)
            return parse_source(source).read_bytes() if row is None else self._tables.read(*row)
        except FileNotFoundError:
            folder = parse_source(source).parent
            if not folder.is_dir():
                raise DatasetError(
                    f"{folder} is gone; restore it, or plan again without it"
                ) from None
            return None
        except (OSError, pa.ArrowException) as fault:
            if is_url(source):  # a broken connection is no missing image
                raise DatasetError(
                    f"{source} can't be read ({fault}); try again, or plan again without it"
                ) from None
            return None

    def explain_missing(self, source: str) -> str:
        """Say why `read` gave nothing for a source."""
        row = split_source(source)
        try:
            return f"{source}: {MISSING if row is None else self._tables.explain_missing(*row)}"
        except (OSError, pa.ArrowInvalid):
            return f"{source}: {MISSING}"

    def read_pixels(self, source: str, content: str) -> Pixels | str:
        """Read and decode one image, (H, W, 3) uint8 RGB; words where it cannot be used.

        Args:
            source: as a scan has named it.
            content: SHA-256 that its bytes had then.

        Raises:
            DatasetError: a Parquet file or a whole folder is gone.
        """
        data = self.read(source)
        if data is None:
            return self.explain_missing(source)
        if sha256(data) != content:
            return f"{source}: changed since it was planned"
        try:
            return decode(data)
        except UnreadableImage as fault:
            return f"{source}: {fault}"
