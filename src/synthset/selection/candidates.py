"""The candidates of a selection: which are still in, and why the others left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthset.errors import RecipeError
from synthset.results.reason import REASON, Reason, make_reason_array
from synthset.taxonomy.label_conflicts import Rule

Outcome = dict[str, Any]  # what a step reached
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("keep", pa.bool_(), nullable=False),
        pa.field("reason", REASON),
        pa.field("rank", pa.int32()),
    ]
)


@dataclass
class Candidates:
    """The state of a selection between two steps.

    Attributes:
        records: (N rows) plan, image facts and scores, in plan order.
        keep: (N,) bool; what is still in.
        reason: (N,) why a record left; None while it is in.
        fixed: (N,) bool; what a reviewer keeps, which no step drops.
        conflicts: the source's rule for bytes under several labels.
    """

    records: pa.Table
    keep: NDArray[np.bool_]
    reason: list[Reason | None]
    fixed: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    conflicts: Rule = "drop"

    def __post_init__(self) -> None:
        if not len(self.fixed):
            self.fixed = np.zeros(len(self.keep), dtype=bool)

    @classmethod
    def of(cls, records: pa.Table, conflicts: Rule = "drop") -> Candidates:
        """Start with every record that has pixels and isn't flagged; the others leave with why."""
        errors = records.column("error").to_pylist()
        keep = np.array([error is None for error in errors], dtype=bool)
        failed = [None if one is None else Reason("image", "failed", note=one) for one in errors]
        candidates = cls(records, keep, failed, conflicts=conflicts)
        if "nsfw" in records.column_names:
            flagged = np.flatnonzero(
                np.asarray(records.column("nsfw").fill_null(False), dtype=bool)
            )
            candidates.drop(flagged, Reason("safety", "flagged"))
        return candidates

    @property
    def labels(self) -> NDArray[np.int64]:
        """(N,) label of each record."""
        return np.asarray(self.records.column("label"), dtype=np.int64)

    def values(self, column: str) -> NDArray[np.float64]:
        """(N,) a number column as float64, NaN where it is null.

        Raises:
            RecipeError: it holds words.
        """
        found = self.records.column(column)
        try:
            values = found.cast(pa.float64()).fill_null(np.nan)
        except pa.ArrowInvalid as fault:
            right = "name a column of numbers, or select text with `limits` and `equals`"
            raise RecipeError(f"column {column}", f"it holds text ({fault})", right) from None
        return np.asarray(values, dtype=np.float64)

    def drop(self, rows: NDArray[np.int64], reasons: Reason | Sequence[Reason]) -> int:
        """Drop some records; one that has already left keeps its first reason, and one that a
        reviewer keeps stays.

        Args:
            rows: which.
            reasons: of each, or of all.

        Returns:
            How many left.
        """
        each = [reasons] * len(rows) if isinstance(reasons, Reason) else reasons
        before = int(self.keep.sum())
        for row, reason in zip(rows.tolist(), each, strict=True):
            if self.keep[row] and not self.fixed[row]:
                self.keep[row] = False
                self.reason[row] = reason
        return before - int(self.keep.sum())

    def by_class(self) -> dict[int, NDArray[np.int64]]:
        """Rows still in, by label, in plan order."""
        rows = np.flatnonzero(self.keep)
        labels = self.labels[rows]
        return {int(label): rows[labels == label] for label in np.unique(labels)}

    def to_table(self, order_by: str | None = None) -> pa.Table:
        """Write the result: id, keep, reason, rank (from 1 within each class, best first)."""
        rank: list[int | None] = [None] * len(self.keep)
        for rows in self.by_class().values():
            for place, row in enumerate(sort_rows(self, rows, order_by).tolist(), start=1):
                rank[row] = place
        columns = [self.records.column("id"), self.keep, make_reason_array(self.reason), rank]
        return pa.table(dict(zip(SCHEMA.names, columns, strict=True)), schema=SCHEMA)


def sort_rows(
    candidates: Candidates,
    rows: NDArray[np.int64],
    by: str | None,
    lowest: bool = False,
) -> NDArray[np.int64]:
    """Sort rows best first; ties and a missing column keep the plan's order, a missing value comes
    last. What a reviewer keeps comes before all."""
    if by is not None:
        values = candidates.values(by)[rows]
        keys = values if lowest else -values
        rows = rows[np.argsort(np.where(np.isnan(keys), np.inf, keys), kind="stable")]
    return put_fixed_first(candidates, rows)


def put_fixed_first(candidates: Candidates, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put what a reviewer keeps before the others, both in their order."""
    return rows[np.argsort(~candidates.fixed[rows], kind="stable")]
