"""Histograms of the scores: kept and rejected images, and where the limits lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthset.recipe.selection import Selection
from synthset.recipe.steps import Limit, Limits
from synthset.results.dataset.finished_records import FinishedRecords, Mask

BINS = 36
FEW = 24  # whole numbers with up to so many values get a bar each
TAIL = 0.5  # percent at either end that the axis leaves to the end bars
SKEWED = 200  # of a median's multiples; above this the axis is logarithmic
MAX_WORDS = 12  # different words of a score that are shown as bars, if any comes twice

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Histogram:
    """One score.

    Attributes:
        column: its name.
        edges: (B + 1,) ends of the bars.
        kept: (B,) kept images.
        rejected: (B,) rejected images.
        limits: where the selection cuts, with what it says there.
        medians: of the kept and of the rejected; None for none.
        log: whether bars are of equal width on a logarithmic axis.
        missing: images without a value.
        only: the one value that all images have; None where they differ.
    """

    column: str
    edges: Floats
    kept: NDArray[np.int64]
    rejected: NDArray[np.int64]
    limits: list[tuple[float, str]]
    medians: tuple[float | None, float | None]
    log: bool = False
    missing: int = 0
    only: str | None = None


@dataclass(frozen=True)
class WordCounts:
    """A score whose values are words: (word, kept, rejected), the most frequent first."""

    column: str
    rows: list[tuple[str, int, int]]

    @property
    def only(self) -> str | None:
        """The one word that all images have; None where they differ."""
        return self.rows[0][0] if len(self.rows) == 1 else None


def make_histograms(seen: FinishedRecords, selection: Selection) -> list[Histogram | WordCounts]:
    """Draw up each score that has something to show."""
    limits = collect_limits(selection)
    found: list[Histogram | WordCounts] = []
    for column in seen.score_columns:
        if column.endswith("_predicted"):
            continue  # the confusion matrix shows it
        values = seen.records.column(column)
        if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
            numbers = np.asarray(values.cast(pa.float64()).fill_null(np.nan), dtype=np.float64)
            if np.isfinite(numbers[seen.made]).any():
                found.append(
                    count_values(column, numbers, seen.made, seen.keep, limits.get(column, []))
                )
        elif pa.types.is_string(values.type) or pa.types.is_boolean(values.type):
            words = _words(column, values.to_pylist(), seen)
            repeated = any(kept + rejected > 1 for _, kept, rejected in words.rows)
            found += [words] if repeated and len(words.rows) <= MAX_WORDS else []
    return found


def collect_limits(selection: Selection) -> dict[str, list[tuple[float, str]]]:
    """Collect the limits of a selection by column."""
    found: dict[str, list[tuple[float, str]]] = {}
    for step in selection.steps:
        if isinstance(step, Limits):
            for column, limit in step.limits.items():
                found.setdefault(column, []).extend(_ends(limit))
    return found


def _ends(limit: Limit) -> list[tuple[float, str]]:
    ends = [(limit.min, "min"), (limit.max, "max")]
    return [(end, f"{word} {end:g}") for end, word in ends if end is not None]


def count_values(
    column: str, values: Floats, made: Mask, keep: Mask, limits: Sequence[tuple[float, str]] = ()
) -> Histogram:
    """Count a numeric score.

    Args:
        column: its name.
        values: (N,) float64; NaN or infinite where there is none.
        made: (N,) which records have pixels; the others are left out.
        keep: (N,) which are kept.
        limits: where the selection cuts.
    """
    there = made & np.isfinite(values)
    found = values[there]
    log = _is_skewed(found) and all(cut > 0 for cut, _ in limits)
    axis = np.log10(found) if log else found
    edges = _edges(axis, [float(np.log10(cut)) if log else cut for cut, _ in limits])
    axis = np.clip(axis, edges[0], edges[-1])
    kept, rejected = (np.histogram(axis[mask], edges)[0] for mask in (keep[there], ~keep[there]))
    medians = (_median(found[keep[there]]), _median(found[~keep[there]]))
    missing = int((made & ~np.isfinite(values)).sum())
    only = f"{found[0]:.4g}" if (found == found[0]).all() and not missing else None
    edges = 10.0**edges if log else edges
    return Histogram(column, edges, kept, rejected, [*limits], medians, log, missing, only)


def _is_skewed(values: Floats) -> bool:
    low, middle, high = np.percentile(values, [TAIL, 50, 100 - TAIL])
    return bool(low > 0 and (high > SKEWED * low) and high > 4 * middle)


def _median(values: Floats) -> float | None:
    return float(np.median(values)) if len(values) else None


def _edges(values: Floats, cuts: Sequence[float]) -> Floats:
    """Bars of equal width; whole numbers of few values lie in the middle of theirs."""
    low, high = float(values.min()), float(values.max())
    if high - low < FEW and (values == np.round(values)).all() and high > low:
        return np.arange(low - 0.5, high + 1)
    low, high = (float(end) for end in np.percentile(values, [TAIL, 100 - TAIL]))
    low, high = min([low, *cuts]), max([high, *cuts])
    pad = (high - low) * 0.02 or max(abs(low), 1.0) * 0.05
    return np.linspace(low - pad, high + pad, BINS + 1)


def _words(column: str, values: Sequence[Any], seen: FinishedRecords) -> WordCounts:
    """Count words; a null is `none`, which for an issue means that all is well."""
    pairs = zip(values, seen.made.tolist(), seen.keep.tolist(), strict=True)
    found = Counter(("none" if v is None else str(v), kept) for v, made, kept in pairs if made)
    names: Counter[str] = Counter()
    for (name, _), times in found.items():
        names[name] += times
    rows = [(name, found[name, True], found[name, False]) for name, _ in names.most_common()]
    return WordCounts(column, rows)
