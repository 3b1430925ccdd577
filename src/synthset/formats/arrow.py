"""Reads Arrow files and streams, such as Hugging Face's `save_to_disk` writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

import pyarrow as pa

from synthset.store.remote import Place, Remote

MAGIC = b"ARROW1"  # a file begins so; a stream does not


class ArrowFile:
    """A file or stream, whose rows lie on the disk until they are looked at; as `TableFile`.

    Raises:
        pa.ArrowException, OSError: it is none, or can't be read.
    """

    def __init__(self, path: Place) -> None:
        self.schema, batches = _open(path)
        self._batches, self._fault = list[pa.RecordBatch](), ""
        try:
            for batch in batches:
                batch.validate()
                self._batches.append(batch)
        except (pa.ArrowException, OSError) as fault:
            rows = sum(batch.num_rows for batch in self._batches)
            self._fault = f"rows from {rows:,} on can't be read ({fault})"
        self.starts = [*accumulate((batch.num_rows for batch in self._batches), initial=0)]

    def batches(
        self, columns: Sequence[str], faults: list[str]
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        for row, batch in zip(self.starts, self._batches, strict=False):
            yield row, batch.select([*columns])
        faults += [self._fault] if self._fault else []

    def part(self, number: int, column: str) -> pa.Array:
        return self._batches[number].column(column)

    def close(self) -> None:
        self._batches = []


def _open(path: Place) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
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
        return file.schema, (file.get_batch(i) for i in range(file.num_record_batches))
    stream = pa.ipc.open_stream(source)
    return stream.schema, iter(stream)
