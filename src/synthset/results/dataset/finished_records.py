"""A dataset's records: which were made, passed, are kept, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthset.record import CURATED, EDITED, IMAGES, LABELLED, PLAN
from synthset.results.reason import Reason, read_reason
from synthset.store.dataset import Dataset

NO_SCORES = {
    *PLAN.names,
    *CURATED.names,
    *LABELLED.names,
    *EDITED.names,
    *IMAGES.names,
    "error",
    "keep",
    "reason",
    "rank",
}

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FinishedRecords:
    """The finished records of a dataset.

    Attributes:
        records: (N rows) as `Dataset.records` gives them.
        classes: in label order: key, name, folder, wnid, class_index, label.
    """

    records: pa.Table
    classes: list[dict[str, Any]]

    @classmethod
    def of(cls, dataset: Dataset) -> FinishedRecords:
        """Read them."""
        return cls(dataset.records(), dataset.classes())

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """(N,) label of each record."""
        return np.asarray(self.records.column("label"), dtype=np.int64)

    @cached_property
    def made(self) -> Mask:
        """(N,) whether there is an image."""
        return np.asarray(self.records.column("sha256").is_valid(), dtype=bool)

    @property
    def selected(self) -> bool:
        """Whether a selection has been made."""
        return "keep" in self.records.column_names

    @cached_property
    def keep(self) -> Mask:
        """(N,) whether it is kept; all that was made, before a selection."""
        return self._flags("keep") if self.selected else self.made

    @cached_property
    def passed(self) -> Mask:
        """(N,) whether it is kept, or dropped only because its class had enough."""
        if not self.selected:
            return self.made
        over = [one is not None and one.rule == "over quota" for one in self.reasons]
        passed: Mask = self.keep | np.array(over, dtype=bool)
        return passed

    @cached_property
    def reasons(self) -> list[Reason | None]:
        """(N,) why it was dropped, or was not made; None where it is kept."""
        if self.selected:
            return [read_reason(cell) for cell in self.records.column("reason").to_pylist()]
        errors = self.records.column("error").to_pylist()
        return [None if one is None else Reason("image", "failed", note=one) for one in errors]

    @property
    def score_columns(self) -> list[str]:
        """The columns that scores wrote."""
        return [name for name in self.records.column_names if name not in NO_SCORES]

    def name_class(self, label: int) -> str:
        """What people call a class."""
        return str(self.classes[label]["name"])

    def _flags(self, column: str) -> Mask:
        return np.asarray(self.records.column(column).fill_null(False), dtype=bool)


def take_evenly(rows: NDArray[np.int64], count: int) -> list[int]:
    """Take so many, evenly over all, the first one included."""
    if len(rows) <= count:
        return [int(row) for row in rows]
    return [int(rows[i * len(rows) // count]) for i in range(count)]
