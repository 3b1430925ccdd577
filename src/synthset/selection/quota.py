"""So many of each class: the best by a score, a random draw, or the first planned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthset.encoders.feature_reader import FeatureReader
from synthset.recipe.steps import Random, Top
from synthset.seeds import digest
from synthset.selection.candidates import Candidates, fixed_first, ordered


def apply_top(
    candidates: Candidates, settings: Top, step: str, reader: FeatureReader | None = None
) -> None:
    """Keep the best of each class by one score; equal scores keep the plan's order."""
    values = candidates.values(settings.by)
    for rows in candidates.by_class().values():
        places = ordered(candidates, rows, settings.by, settings.lowest)
        what = f"{settings.per_class} {'lowest' if settings.lowest else 'highest'} of its class"
        dropped = places[settings.per_class :]
        reasons = [
            f"{settings.by} {value:.4g} is not among the {what}" for value in values[dropped]
        ]
        candidates.drop(dropped, reasons, step)


def apply_random(
    candidates: Candidates, settings: Random, step: str, reader: FeatureReader | None = None
) -> None:
    """Keep a random part of each class, drawn by the records' ids, so that it doesn't depend on
    their order."""
    ids = candidates.records.column("id").to_pylist()
    for rows in candidates.by_class().values():
        draws = [digest([settings.seed, ids[row]], size=8) for row in rows.tolist()]
        places: NDArray[np.int64] = rows[np.argsort(np.array(draws), kind="stable")]
        places = fixed_first(candidates, places)
        _cut(candidates, places, settings.per_class, f"not drawn among {settings.per_class}", step)


def apply_quota(candidates: Candidates, target: int, order_by: str | None) -> None:
    """Keep at most `target` of each class."""
    for rows in candidates.by_class().values():
        places = ordered(candidates, rows, order_by)
        reason = f"its class already has {target}" + (
            f" with a higher {order_by}" if order_by else ""
        )
        _cut(candidates, places, target, reason, "quota")


def _cut(
    candidates: Candidates, places: NDArray[np.int64], count: int, reason: str, step: str
) -> None:
    dropped = places[count:]
    candidates.drop(dropped, [reason] * len(dropped), step)
