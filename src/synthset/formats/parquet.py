"""Parquet files, as the Hugging Face hub has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synthset.formats.features import add_image_column
from synthset.store.remote import Place, Remote

SCAN_ROWS = 256
ROW_GROUP = 100  # images; the hub's own choice, so that a page of a viewer is a small read


def open_parquet(path: Place) -> pq.ParquetFile:
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
        self._path, self._file = path, open_parquet(path)
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


class ParquetWriter:
    """Writes a file with an image column, and a label with its names.

    Args:
        path: of the file.
        schema: of the other columns, as `described` gives it.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = add_image_column(schema)
        self._file = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any], data: bytes) -> None:
        """Add a row; a row group is written when it is full."""
        row["image"] = {"bytes": data, "path": row.pop("file_name")}
        self._rows.append(row)
        if len(self._rows) == ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._file.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows = []

    def close(self) -> None:
        """Finish the file."""
        self._flush()
        self._file.close()
