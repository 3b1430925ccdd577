"""What a stage declares, and the chunk of records that it is called with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from threading import RLock
from typing import Any, ClassVar, TypeVar

import numpy as np
import pyarrow as pa

from synthset.images import Pixels, UnreadableImage, decode

T = TypeVar("T")


class Rows:
    """A chunk of records: the joined columns of a stage's input tables, and their pixels, decoded
    once for all stages.

    Attributes:
        table: the joined columns; row i is record i. Column `id` is always there; `error` is the
            input's error.
    """

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self._memo: dict[Hashable, Any] = {}
        self._lock = RLock()

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def column(self, name: str) -> list[Any]:
        """One column as Python values."""
        values: list[Any] = self.table.column(name).to_pylist()
        return values

    def features(self, name: str = "features") -> np.ndarray:
        """A fixed-size-list column as (N, D) float32; a row that failed is NaN."""
        return list_column(self.table, name)

    def compute_once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Compute something for this chunk once, whichever stage asks first (a decode, a
        resize)."""
        with self._lock:
            if key not in self._memo:
                self._memo[key] = make()
            value: T = self._memo[key]
            return value

    @property
    def pixels(self) -> list[Pixels | None]:
        """Decoded images, (H, W, 3) uint8 RGB each; None where there is none."""
        return self.compute_once(
            "pixels", lambda: [_decode(image) for image in self.column("image")]
        )


def _decode(image: dict[str, Any] | None) -> Pixels | None:
    if image is None or image["bytes"] is None:
        return None
    try:
        return decode(image["bytes"])
    except UnreadableImage:
        return None


def list_column(table: pa.Table, name: str) -> np.ndarray:
    """Read a fixed-size-list column as (N, D) float32; null rows become NaN."""
    column = table.column(name).combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # no rows, no chunks
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    size = column.type.list_size
    out = np.full((len(column), size), np.nan, dtype=np.float32)
    there = np.asarray(column.is_valid())
    out[there] = np.asarray(column.flatten(), dtype=np.float32).reshape(-1, size)
    return out  # (N, D)


def list_array(values: np.ndarray, missing: np.ndarray | None = None) -> pa.FixedSizeListArray:
    """Turn (N, D) floats into a fixed-size-list column, null where `missing` is true."""
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    mask = None if missing is None else pa.array(np.asarray(missing, dtype=bool))
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1], mask=mask)


class Stage(ABC):
    """One step over records: a chunk in, the same records in the same order with new columns out.

    The engine calls the three phases of a chunk in this order, `prepare` and `finish` on threads
    beside the model, so that the model waits for neither disk nor JPEG. A stage knows neither
    shard, rank nor file.

    Attributes:
        reads: input columns it needs.
        excused: errors that are no failure, such as that there is nothing to compare with.
    """

    reads: ClassVar[Sequence[str]]
    excused: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def of(cls, settings: Any, recipe: Any, classes: Sequence[Any]) -> Stage:
        """Make the stage of some settings, its model not yet loaded.

        Args:
            settings: its part of the recipe.
            recipe: the whole, where a stage needs more than its part.
            classes: entries of the recipe's classes, in label order.
        """
        return cls(settings)  # type: ignore[call-arg]

    @property
    @abstractmethod
    def writes(self) -> pa.Schema:
        """The columns that it adds, besides `id` and `error`."""

    def open(self) -> None:  # noqa: B027 - most stages load nothing
        """Load models, once a worker."""

    def prepare(self, rows: Rows) -> Any:
        """Get ready what the model needs (decode, resize, tokenise); on a reader thread."""
        return rows

    def compute(self, rows: Rows, prepared: Any) -> Any:
        """Run the model; on the main thread."""
        return prepared

    @abstractmethod
    def finish(self, rows: Rows, computed: Any) -> pa.Table:
        """Build the output columns (encode, hash); on a writer thread.

        Returns:
            A table with exactly `writes` plus `error` (string, null where all went well).
        """

    def __call__(self, rows: Rows) -> pa.Table:
        """All three phases in this thread."""
        return self.finish(rows, self.compute(rows, self.prepare(rows)))
