"""Reads the rows and images of Parquet files."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from threading import Lock

import pyarrow as pa
import pyarrow.parquet as pq

from synthset.errors import DatasetError
from synthset.formats.columns import image_column
from synthset.formats.image_cells import MISSING, image_bytes, leads_out
from synthset.store.remote import Place, Remote

SCAN_ROWS = 256
CACHE_BYTES = 256 * 2**20  # row groups kept in memory; the last one always is


def opened(path: Place) -> pq.ParquetFile:
    """Open a file; what is asked of it is read in ranges, also from afar."""
    if isinstance(path, Remote):
        return pq.ParquetFile(path.path, filesystem=path.system)
    return pq.ParquetFile(path)


def batches(
    path: Place, file: pq.ParquetFile, columns: Sequence[str], faults: list[str]
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Read some rows at a time, each with the number of the first.

    Args:
        path: of the file.
        file: that was opened.
        columns: those that are read.
        faults: gathers what is damaged, and passed over.
    """
    start = 0
    for group in range(file.num_row_groups):
        row, start = start, start + file.metadata.row_group(group).num_rows
        try:
            for batch in file.iter_batches(SCAN_ROWS, row_groups=[group], columns=[*columns]):
                yield row, batch
                row += batch.num_rows
        except (pa.ArrowException, OSError) as fault:
            if isinstance(path, Remote) and isinstance(fault, OSError):
                raise  # a broken connection is no damage
            faults.append(f"rows {row:,} to {start - 1:,} can't be read ({fault})")


class ParquetImages:
    """Reads encoded images by row, from several threads, keeping the row groups that were read
    last.

    Args:
        columns: names that the column of the images may have; where a file has none of them it is
            found.
        cache_bytes: of the row groups, at most.
    """

    def __init__(self, columns: Sequence[str], cache_bytes: int = CACHE_BYTES) -> None:
        self._columns = columns
        self._cache_bytes = cache_bytes
        self._files: dict[Place, tuple[pq.ParquetFile, list[int]]] = {}
        self._groups: OrderedDict[tuple[Place, int], pa.ChunkedArray] = OrderedDict()
        self._lock = Lock()

    def read(self, path: Place, row: int) -> bytes | None:
        """Read the encoded image of one row; None where it has none.

        Raises:
            DatasetError: the file is gone or ends before this row.
            pa.ArrowInvalid, OSError: this part of the file is damaged.
        """
        with self._lock:
            starts = self._open(path)[1]
            if not 0 <= row < starts[-1]:
                raise DatasetError(
                    f"{path} has {starts[-1]} rows, no row {row}; it was changed after planning"
                )
            group = bisect_right(starts, row) - 1
            cell = self._group(path, group)[row - starts[group]]
        return image_bytes(cell.as_py(), path)

    def why(self, path: Place, row: int) -> str:
        """Say why a row has no image."""
        with self._lock:
            starts = self._open(path)[1]
            group = bisect_right(starts, row) - 1
            cell = self._group(path, group)[row - starts[group]]
        return leads_out(cell.as_py(), path) or MISSING

    def _open(self, path: Place) -> tuple[pq.ParquetFile, list[int]]:
        if path not in self._files:
            try:
                file = opened(path)
            except FileNotFoundError:
                raise DatasetError(
                    f"{path} is gone; put it back, or plan again without it"
                ) from None
            starts = [0]
            for group in range(file.num_row_groups):
                starts.append(starts[-1] + file.metadata.row_group(group).num_rows)
            self._files[path] = file, starts
        return self._files[path]

    def _group(self, path: Place, group: int) -> pa.ChunkedArray:
        key = path, group
        if key not in self._groups:
            file = self._files[path][0]
            column = image_column(file.schema_arrow, self._columns)
            if column is None:
                raise DatasetError(f"{path} has no column with images; it was changed since")
            self._groups[key] = file.read_row_group(group, columns=[column]).column(0)
            while (
                len(self._groups) > 1
                and sum(kept.nbytes for kept in self._groups.values()) > self._cache_bytes
            ):
                self._groups.popitem(last=False)
        self._groups.move_to_end(key)
        return self._groups[key]
