"""How near a chosen set came to real images: a row a class, beside what a random draw, all
candidates and real images themselves reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthset.store.dataset import Dataset

PARTS = ("all", "random", "nearest")


Outcome = Mapping[str, Any]


@dataclass(frozen=True)
class ChoiceRow:
    """One class, or the whole set. Distances: lower is nearer.

    Attributes:
        name: of the class.
        all: distance of all candidates.
        random: of a random draw of as many as were chosen.
        nearest: of the chosen set.
        mark: of what can be hoped for: real images, or the bound; None where it is not known.
        n: images that were chosen.
    """

    name: str
    all: float
    random: float
    nearest: float
    mark: float | None
    n: int


@dataclass(frozen=True)
class ChoiceMeasure:
    """One way to measure the choice.

    Attributes:
        kind: `held_out`, `other` (held out, by another encoder) or `target`.
        encoder: by which.
        rows: the whole first, then the classes, the farthest first.
        top: upper end of the axis.
        ratio: geometric mean over the classes of chosen by random; below 1 is better than random.
    """

    kind: str
    encoder: str
    rows: tuple[ChoiceRow, ...]
    top: float
    ratio: float | None


def read_outcomes(dataset: Dataset) -> list[Outcome]:
    """Read the outcomes of the steps that choose a set; none where nothing was written."""
    path = (dataset.view.selection or "").replace(".parquet", ".json")
    if not path or not dataset.folder.exists(path):
        return []
    return [found for found in dataset.read_json(path) if all(part in found for part in PARTS)]


def sort_farthest_first(found: Sequence[Outcome]) -> list[Outcome]:
    """Sort outcomes by how far the chosen set is from real images: the whole, then the classes."""

    def place(outcome: Outcome) -> tuple[bool, float]:
        chosen = outcome["nearest"]
        far = next((chosen[at] for at in ("held_out", "target") if chosen.get(at) is not None), 0.0)
        return (outcome["class_key"] is not None, -far)

    return sorted(found, key=place)


def compare_choices(found: Sequence[Outcome], names: Mapping[str, str]) -> list[ChoiceMeasure]:
    """Set the outcomes of one step beside one another, in each way that they were measured: held
    out, by other encoders, and on the images that guided the choice.

    Args:
        found: outcomes of one step.
        names: class key -> name.
    """
    encoder, ordered = str(found[0]["encoder"]), sort_farthest_first(found)
    seen = [_row(o, names, "held_out", (o.get("real") or {}).get("held_out")) for o in ordered]
    measures = [_measure("held_out", encoder, seen)]
    for other in dict.fromkeys(name for o in ordered for name in o.get("by_other") or {}):
        measures.append(_measure("other", other, [_by_other(o, names, other) for o in ordered]))
    near = [_row(o, names, "target", o.get("bound")) for o in ordered]
    measures.append(_measure("target", encoder, near))
    return [measure for measure in measures if measure.rows]


def _measure(kind: str, encoder: str, rows: Sequence[ChoiceRow | None]) -> ChoiceMeasure:
    there = tuple(row for row in rows if row is not None)
    top = max((max(row.all, row.random, row.nearest) for row in there), default=1.0)
    ratios = [row.nearest / row.random for row in there if row.random > 0 and row.nearest > 0]
    ratio = float(np.exp(np.mean(np.log(ratios)))) if ratios else None
    return ChoiceMeasure(kind, encoder, there, top or 1.0, ratio)


def _row(
    outcome: Outcome, names: Mapping[str, str], at: str, mark: float | None
) -> ChoiceRow | None:
    far = [outcome[part].get(at) for part in PARTS]
    return _fill_row(outcome, names, far, mark)


def _by_other(outcome: Outcome, names: Mapping[str, str], encoder: str) -> ChoiceRow | None:
    seen = (outcome.get("by_other") or {}).get(encoder, {})
    return _fill_row(outcome, names, [seen.get(part) for part in PARTS], None)


def _fill_row(
    outcome: Outcome, names: Mapping[str, str], far: Sequence[float | None], mark: float | None
) -> ChoiceRow | None:
    if any(value is None for value in far):
        return None
    everything, random, nearest = (float(value) for value in far if value is not None)
    name = name_outcome(outcome, names)
    return ChoiceRow(name, everything, random, nearest, mark, int(outcome["chosen"]))


def name_outcome(outcome: Outcome, names: Mapping[str, str]) -> str:
    """Name the class of an outcome, or say that it is the whole."""
    key = outcome["class_key"]
    return "all classes together" if key is None else names.get(key, key)
