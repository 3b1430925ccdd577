"""How near a chosen set came to real images, as the page shows it: a row a class, beside what a
random draw, all candidates and real images themselves reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from synthset.pages.kit.numbers import number
from synthset.pages.kit.row_chart import Bar, Spot, Tick, draw_row, make_gain_bar
from synthset.store.dataset import Dataset

FEW = 100  # real images that chose; with fewer much of the target is guessed
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


def read_choices(dataset: Dataset, classes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Read what each `nearest_set` reached.

    Returns:
        `step`, `encoder`, `reference`, `chosen` and `candidates` (in all), `measures` (the held-out
        ones first), `warnings`. Outcomes of other steps are not for here. Empty where none is told.
    """
    names = {entry["key"]: str(entry["name"]) for entry in classes}
    steps: dict[str, list[Outcome]] = {}
    for outcome in read_outcomes(dataset):
        steps.setdefault(str(outcome["step"]), []).append(outcome)
    shown = []
    for step, found in steps.items():
        of_classes = [outcome for outcome in found if outcome["class_key"]] or found
        shown.append(
            {
                "step": step,
                "encoder": found[0]["encoder"],
                "reference": found[0]["reference"],
                "chosen": sum(outcome["chosen"] for outcome in of_classes),
                "candidates": sum(outcome["candidates"] for outcome in of_classes),
                "measures": _measures(found, names),
                "warnings": _warnings(found, names),
            }
        )
    return shown


def draw_distance_row(row: ChoiceRow, top: float) -> Markup:
    """Draw the distances of one class on a line from 0 to `top`, left is nearer."""
    marks: list[Bar | Spot | Tick] = [
        make_gain_bar(row.nearest, row.random),
        Spot(row.all, "soft", 2.6),
        Spot(row.random, "soft", hollow=True),
        Spot(row.nearest, "kept", 5.6),
    ]
    if row.mark is not None:
        marks.append(Tick(row.mark))
    label = f"{row.name}: random {number(row.random)}, chosen {number(row.nearest)}"
    return draw_row(marks, 0.0, top, label)


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


def _measures(found: Sequence[Outcome], names: Mapping[str, str]) -> list[ChoiceMeasure]:
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
    name = _name(outcome, names)
    return ChoiceRow(name, everything, random, nearest, mark, int(outcome["chosen"]))


def _name(outcome: Outcome, names: Mapping[str, str]) -> str:
    key = outcome["class_key"]
    return "all classes together" if key is None else names.get(key, key)


def _warnings(found: Sequence[Outcome], names: Mapping[str, str]) -> list[str]:
    said = []
    few = [o for o in found if o["real_chosen_by"] is not None and o["real_chosen_by"] < FEW]
    if few:
        guessed = max(outcome["guessed_cov"] for outcome in few)
        said.append(
            f"Few real images guided the choice: {_range([o['real_chosen_by'] for o in few])} in "
            f"{_some([_name(o, names) for o in few])}. There, up to {100 * guessed:.0f} % of how "
            "the set should vary is estimated from the candidates."
        )
    unmeasured = [o for o in found if o["nearest"].get("held_out") is None]
    if unmeasured and found[0]["real_chosen_by"] is not None:
        said.append(
            f"No real images were held out for {_some([_name(o, names) for o in unmeasured])}, so "
            "the result was measured only on images that guided the choice. Set `use` below 1."
        )
    fewer = [o for o in found if 0 < (o.get("real") or {}).get("n", 0) < o["chosen"]]
    if fewer:
        said.append(
            f"For {_some([_name(o, names) for o in fewer])}, fewer real images than were chosen "
            f"could be compared with those held out ({_range([o['real']['n'] for o in fewer])}), "
            "so their mark is too far to the right."
        )
    return said


def _range(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _some(names: Sequence[str], most: int = 5) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
