"""Limits: drop an image whose score lies outside its bounds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthset.encoders.feature_reader import FeatureReader
from synthset.recipe.steps import Limit, Limits
from synthset.selection.candidates import Candidates


def apply_limits(
    candidates: Candidates, settings: Limits, step: str, reader: FeatureReader | None = None
) -> None:
    """Drop what lies outside a limit, or has no score; the reason says the score and the limit."""
    for column, limit in settings.limits.items():
        if limit.is_equality:
            _equals(candidates, column, limit, step)
        else:
            _between(candidates, column, limit, step)


def _between(candidates: Candidates, column: str, limit: Limit, step: str) -> None:
    values = candidates.values(column)
    missing = np.isnan(values)
    low = np.zeros_like(missing) if limit.min is None else values < limit.min
    high = np.zeros_like(missing) if limit.max is None else values > limit.max
    _drop(candidates, missing, [f"{column} missing"] * len(values), step)
    _drop(
        candidates,
        low,
        [f"{column} {v:.4g} < {limit.min:g}" if b else "" for v, b in _pairs(values, low)],
        step,
    )
    _drop(
        candidates,
        high,
        [f"{column} {v:.4g} > {limit.max:g}" if b else "" for v, b in _pairs(values, high)],
        step,
    )


def _pairs(values: NDArray[np.float64], flags: NDArray[np.bool_]) -> list[tuple[float, bool]]:
    return list(zip(values.tolist(), flags.tolist(), strict=True))


def _equals(candidates: Candidates, column: str, limit: Limit, step: str) -> None:
    found = candidates.records.column(column)
    if limit.equals is None:
        same = pc.is_null(found)
    else:
        same = pc.equal(found, pa.scalar(limit.equals, found.type)).fill_null(False)
    outside = ~np.asarray(same, dtype=bool)
    reasons = [f"{column} is {value}" for value in found.to_pylist()]
    _drop(candidates, outside, reasons, step)


def _drop(
    candidates: Candidates, outside: NDArray[np.bool_], reasons: list[str], step: str
) -> None:
    rows = np.flatnonzero(outside & candidates.keep)
    candidates.drop(rows, [reasons[row] for row in rows.tolist()], step)
