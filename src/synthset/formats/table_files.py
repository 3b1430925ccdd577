"""Opens tables that hold images, and reads the encoded images by row."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any, Protocol

import pyarrow as pa

from synthset.errors import DatasetError
from synthset.formats.arrow import ArrowFile
from synthset.formats.columns import find_image_column
from synthset.formats.image_cells import MISSING, extract_image, leads_out
from synthset.formats.parquet import ParquetFile
from synthset.store.remote import Place

CACHE_BYTES = 256 * 2**20  # parts of tables kept in memory; the last one always is


class TableFile(Protocol):
    """A table that was opened.

    Attributes:
        schema: its columns.
        starts: number of the first row of each part, and the number of rows.
    """

    schema: pa.Schema
    starts: list[int]

    def batches(
        self, columns: Sequence[str], faults: list[str]
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Read some rows at a time, each with the number of the first.

        Args:
            columns: those that are read.
            faults: gathers what is damaged, and passed over.
        """

    def part(self, number: int, column: str) -> pa.Array | pa.ChunkedArray:
        """Read one column of one part."""

    def close(self) -> None:
        """Let the file go."""


def is_parquet(path: Place) -> bool:
    """Tell by its name whether a table is a Parquet file; else it is an Arrow file."""
    return path.suffix.lower() == ".parquet"


def open_table(path: Place) -> TableFile:
    """Open a table in the format that its name ends in.

    Raises:
        pa.ArrowException, OSError: it is none, or can't be read.
    """
    return ParquetFile(path) if is_parquet(path) else ArrowFile(path)


class TableImages:
    """Reads encoded images by row, from several threads, keeping the parts that were read last.

    Args:
        columns: names that the column of the images may have; where a file has none of them it is
            found.
        cache_bytes: of the parts, at most.
    """

    def __init__(self, columns: Sequence[str], cache_bytes: int = CACHE_BYTES) -> None:
        self._columns = columns
        self._cache_bytes = cache_bytes
        self._files: dict[Place, TableFile] = {}
        self._parts: OrderedDict[tuple[Place, int], pa.Array | pa.ChunkedArray] = OrderedDict()
        self._lock = Lock()

    def read(self, path: Place, row: int) -> bytes | None:
        """Read the encoded image of one row; None where it has none.

        Raises:
            DatasetError: the file is gone or ends before this row.
            pa.ArrowException, OSError: this part of the file is damaged.
        """
        return extract_image(self._cell(path, row), path)

    def explain_missing(self, path: Place, row: int) -> str:
        """Say why a row has no image."""
        return leads_out(self._cell(path, row), path) or MISSING

    def _cell(self, path: Place, row: int) -> Any:
        with self._lock:
            starts = self._open(path).starts
            if not 0 <= row < starts[-1]:
                raise DatasetError(
                    f"{path} has {starts[-1]} rows, so no row {row}; it was changed after planning"
                )
            number = bisect_right(starts, row) - 1
            cell = self._part(path, number)[row - starts[number]]
        return cell.as_py()

    def _open(self, path: Place) -> TableFile:
        if path not in self._files:
            try:
                self._files[path] = open_table(path)
            except FileNotFoundError:
                raise DatasetError(
                    f"{path} is gone; restore it, or plan again without it"
                ) from None
        return self._files[path]

    def _part(self, path: Place, number: int) -> pa.Array | pa.ChunkedArray:
        key = path, number
        if key not in self._parts:
            file = self._files[path]
            column = find_image_column(file.schema, self._columns)
            if column is None:
                raise DatasetError(f"{path} no longer has a column with images; it was changed")
            self._parts[key] = file.part(number, column)
            while (
                len(self._parts) > 1
                and sum(kept.nbytes for kept in self._parts.values()) > self._cache_bytes
            ):
                self._parts.popitem(last=False)
        self._parts.move_to_end(key)
        return self._parts[key]
