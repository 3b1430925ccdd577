"""A dataset's records as the report looks at them: who was made, passed, is kept, and why not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthset.record import CURATED, EDITED, IMAGES, LABELLED, PLAN
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
    "step",
    "rank",
}
OVER_QUOTA = "quota"  # the step that drops what passed all others

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Seen:
    """The finished records of a dataset.

    Attributes:
        records: (N rows) as `Dataset.records` gives them.
        classes: in label order: key, name, folder, wnid, class_index, label.
    """

    records: pa.Table
    classes: list[dict[str, Any]]

    @classmethod
    def of(cls, dataset: Dataset) -> Seen:
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
        over = pc.equal(self.records.column("step"), OVER_QUOTA).fill_null(False)
        passed: Mask = self.keep | np.asarray(over, dtype=bool)
        return passed

    @cached_property
    def reasons(self) -> list[str | None]:
        """(N,) why it was dropped, in general words; None where it is kept."""
        if not self.selected:
            return [general(text) for text in self.records.column("error").to_pylist()]
        return [general(text) for text in self.records.column("reason").to_pylist()]

    @property
    def score_columns(self) -> list[str]:
        """The columns that scores wrote."""
        return [name for name in self.records.column_names if name not in NO_SCORES]

    def name(self, label: int) -> str:
        """What people call a class."""
        return str(self.classes[label]["name"])

    def _flags(self, column: str) -> Mask:
        return np.asarray(self.records.column(column).fill_null(False), dtype=bool)


SET = re.compile(r"^(not in the nearest set) of .*")  # how many, and how near, differ by class
MEASURED = re.compile(r"^(\w+) ([-+]?(?:[\d.]+(?:e[-+]?\d+)?|nan|inf)) (<|>|is not )")
REPEATED = re.compile(r"\b[0-9a-f]{32}\b(?:([^(]*) \(.*\)$)?")  # a record, and how near it is


def own_value(reason: str | None) -> str | None:
    """Read an image's own value out of the reason for which it was dropped.

    >>> own_value("clip_score 18.2 < 22")
    '18.2'
    """
    found = MEASURED.match(reason or "")
    return found[2] if found else None


def general(reason: str | None) -> str | None:
    """Leave an image's own value, its class's, and the record it repeats, out of a reason.

    >>> general("clip_score 18.2 < 22"), general(f"near copy of {32 * '0'} (2 of 64 bits differ)")
    ('clip_score < 22', 'near copy of another image')
    """
    if reason is None:
        return None
    text = SET.sub(r"\1", MEASURED.sub(r"\1 \3", reason))
    return REPEATED.sub(r"another image\1", text)
