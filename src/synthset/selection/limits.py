"""Limits: drop an image whose score lies outside its bounds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthset.encoders.feature_reader import FeatureReader
from synthset.recipe.steps import Limit, Limits
from synthset.results.reason import Reason
from synthset.selection.candidates import Candidates


def apply_limits(
    candidates: Candidates, settings: Limits, step: str, reader: FeatureReader | None = None
) -> None:
    """Drop what lies outside a limit, or has no score; the reason has the score and the limit."""
    for column, limit in settings.limits.items():
        if limit.is_equality:
            _equals(candidates, column, limit, step)
        else:
            _between(candidates, column, limit, step)


def _between(candidates: Candidates, column: str, limit: Limit, step: str) -> None:
    values = candidates.values(column)
    missing = np.flatnonzero(np.isnan(values) & candidates.keep)
    candidates.drop(missing, Reason(step, "missing", column))
    for rule, bound in (("below", limit.min), ("above", limit.max)):
        if bound is not None:
            outside = values < bound if rule == "below" else values > bound
            rows = np.flatnonzero(outside & candidates.keep)
            candidates.drop(
                rows, [Reason(step, rule, column, v, bound) for v in values[rows].tolist()]
            )


def _equals(candidates: Candidates, column: str, limit: Limit, step: str) -> None:
    found = candidates.records.column(column)
    if limit.equals is None:
        same = pc.is_null(found)
    else:
        same = pc.equal(found, pa.scalar(limit.equals, found.type)).fill_null(False)
    rows = np.flatnonzero(~np.asarray(same, dtype=bool) & candidates.keep)
    said = found.take(pa.array(rows)).to_pylist()
    candidates.drop(rows, [Reason(step, "is", column, note=str(one)) for one in said])
