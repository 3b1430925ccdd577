"""Reads Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

import pyarrow as pa
import pyarrow.parquet as pq

from synthset.store.remote import Place, Remote

SCAN_ROWS = 256


def opened(path: Place) -> pq.ParquetFile:
    """Open a file; what is asked of it is read in ranges, also from afar."""
    if isinstance(path, Remote):
        return pq.ParquetFile(path.path, filesystem=path.system)
    return pq.ParquetFile(path)


class ParquetFile:
    """The rows of a file, by row groups; as `TableFile`.

    Raises:
        pa.ArrowException, OSError: it is none, or can't be read.
    """

    def __init__(self, path: Place) -> None:
        self._path, self._file = path, opened(path)
        self.schema: pa.Schema = self._file.schema_arrow
        facts = self._file.metadata
        sizes = (facts.row_group(group).num_rows for group in range(facts.num_row_groups))
        self.starts = [*accumulate(sizes, initial=0)]

    def batches(
        self, columns: Sequence[str], faults: list[str]
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        for group, (row, end) in enumerate(zip(self.starts, self.starts[1:], strict=False)):
            try:
                for batch in self._file.iter_batches(SCAN_ROWS, [group], [*columns]):
                    yield row, batch
                    row += batch.num_rows
            except (pa.ArrowException, OSError) as fault:
                if isinstance(self._path, Remote) and isinstance(fault, OSError):
                    raise  # a broken connection is no damage
                faults.append(f"rows {row:,} to {end - 1:,} can't be read ({fault})")

    def part(self, number: int, column: str) -> pa.ChunkedArray:
        return self._file.read_row_group(number, columns=[column]).column(0)

    def close(self) -> None:
        self._file.close()
