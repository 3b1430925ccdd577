"""So many of each class: the best by a score, a random draw, or the first planned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthset.encoders.feature_reader import FeatureReader
from synthset.recipe.steps import Random, Top
from synthset.results.reason import Reason
from synthset.seeds import digest
from synthset.selection.candidates import Candidates, put_fixed_first, sort_rows

QUOTA = "quota"  # the step after all others


def apply_top(
    candidates: Candidates, settings: Top, step: str, reader: FeatureReader | None = None
) -> None:
    """Keep the best of each class by one score; equal scores keep the plan's order."""
    values = candidates.values(settings.by)
    for rows in candidates.by_class().values():
        places = sort_rows(candidates, rows, settings.by, settings.lowest)
        rule, bound = "not lowest" if settings.lowest else "not highest", settings.per_class
        out = places[bound:]
        each = [Reason(step, rule, settings.by, v, bound) for v in values[out].tolist()]
        candidates.drop(out, each)


def apply_random(
    candidates: Candidates, settings: Random, step: str, reader: FeatureReader | None = None
) -> None:
    """Keep a random part of each class, drawn by the records' ids, so that it doesn't depend on
    their order."""
    ids = candidates.records.column("id").to_pylist()
    for rows in candidates.by_class().values():
        draws = [digest([settings.seed, ids[row]], size=8) for row in rows.tolist()]
        places: NDArray[np.int64] = rows[np.argsort(np.array(draws), kind="stable")]
        places = put_fixed_first(candidates, places)
        count = settings.per_class
        candidates.drop(places[count:], Reason(step, "not drawn", bound=count))


def apply_quota(candidates: Candidates, target: int, order_by: str | None) -> None:
    """Keep at most `target` of each class."""
    for rows in candidates.by_class().values():
        places = sort_rows(candidates, rows, order_by)
        candidates.drop(places[target:], Reason(QUOTA, "over quota", order_by, bound=target))
