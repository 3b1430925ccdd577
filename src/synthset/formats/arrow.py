"""Reads the rows and images of Arrow files, such as Hugging Face's `save_to_disk` writes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

import pyarrow as pa

from synthset.errors import DatasetError
from synthset.formats.columns import image_column
from synthset.formats.image_cells import MISSING, image_bytes, leads_out
from synthset.store.remote import Place, Remote

MAGIC = b"ARROW1"  # a file begins so; a stream does not


@dataclass(frozen=True, slots=True)
class ArrowFile:
    """A file or stream that was opened.

    Attributes:
        schema: its columns.
        batches: its rows, which lie on the disk until they are looked at.
        fault: what ended it before its end; empty where nothing did.
    """

    schema: pa.Schema
    batches: Sequence[pa.RecordBatch]
    fault: str


def opened(path: Place) -> ArrowFile:
    """Open a file or a stream.

    Raises:
        pa.ArrowException, OSError: it is none, or can't be read.
    """
    if isinstance(path, Remote):
        source = pa.BufferReader(path.read_bytes())
    elif path.stat().st_size:
        source = pa.memory_map(str(path))
    else:
        raise pa.ArrowInvalid("it is empty")
    begins = source.read(len(MAGIC))
    source.seek(0)
    if begins == MAGIC:
        file = pa.ipc.open_file(source)
        return _gathered(file.schema, (file.get_batch(i) for i in range(file.num_record_batches)))
    stream = pa.ipc.open_stream(source)
    return _gathered(stream.schema, iter(stream))


def _gathered(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> ArrowFile:
    found = list[pa.RecordBatch]()
    try:
        for batch in batches:
            batch.validate()
            found.append(batch)
    except (pa.ArrowException, OSError) as fault:
        rows = sum(batch.num_rows for batch in found)
        return ArrowFile(schema, found, f"rows from {rows:,} on can't be read ({fault})")
    return ArrowFile(schema, found, "")


def batches(
    path: Place, file: ArrowFile, columns: Sequence[str], faults: list[str]
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Read some rows at a time, each with the number of the first.

    Args:
        path: of the file.
        file: that was opened.
        columns: those that are read.
        faults: gathers what is damaged, and passed over.
    """
    row = 0
    for batch in file.batches:
        yield row, batch.select([*columns])
        row += batch.num_rows
    faults += [file.fault] if file.fault else []


class ArrowImages:
    """Reads encoded images by row, from several threads.

    Args:
        columns: as for `ParquetImages`.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._files: dict[Place, tuple[ArrowFile, list[int]]] = {}
        self._lock = Lock()

    def read(self, path: Place, row: int) -> bytes | None:
        """Read the encoded image of one row; None where it has none.

        Raises:
            DatasetError: the file is gone or ends before this row.
            pa.ArrowException, OSError: it is damaged.
        """
        return image_bytes(self._cell(path, row), path)

    def why(self, path: Place, row: int) -> str:
        """Say why a row has no image."""
        return leads_out(self._cell(path, row), path) or MISSING

    def _cell(self, path: Place, row: int) -> object:
        with self._lock:
            file, starts = self._open(path)
            if not 0 <= row < starts[-1]:
                raise DatasetError(
                    f"{path} has {starts[-1]} rows, no row {row}; it was changed after planning"
                )
            batch = bisect_right(starts, row) - 1
            name = image_column(file.schema, self._columns)
            if name is None:
                raise DatasetError(f"{path} has no column with images; it was changed since")
            cell: object = file.batches[batch].column(name)[row - starts[batch]].as_py()
        return cell

    def _open(self, path: Place) -> tuple[ArrowFile, list[int]]:
        if path not in self._files:
            try:
                file = opened(path)
            except FileNotFoundError:
                raise DatasetError(
                    f"{path} is gone; put it back, or plan again without it"
                ) from None
            starts = [0]
            for batch in file.batches:
                starts.append(starts[-1] + batch.num_rows)
            self._files[path] = file, starts
        return self._files[path]
