"""How near a chosen set came to real images, as the page shows it: a row a class, beside what a
random draw, all candidates and real images themselves reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from synthset.pages.kit.numbers import number
from synthset.pages.kit.row_chart import Bar, Spot, Tick, draw_row, make_gain_bar
from synthset.results.dataset.set_choices import (
    ChoiceRow,
    Outcome,
    compare_choices,
    name_outcome,
    read_outcomes,
)
from synthset.store.dataset import Dataset

FEW = 100  # real images that chose; with fewer much of the target is guessed


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
                "measures": compare_choices(found, names),
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


def _warnings(found: Sequence[Outcome], names: Mapping[str, str]) -> list[str]:
    said = []
    few = [o for o in found if o["real_chosen_by"] is not None and o["real_chosen_by"] < FEW]
    if few:
        guessed = max(outcome["guessed_cov"] for outcome in few)
        said.append(
            f"Few real images guided the choice: {_range([o['real_chosen_by'] for o in few])} in "
            f"{_some(few, names)}. There, up to {100 * guessed:.0f} % of the target's "
            "variation is estimated from the candidates."
        )
    unmeasured = [o for o in found if o["nearest"].get("held_out") is None]
    if unmeasured and found[0]["real_chosen_by"] is not None:
        said.append(
            f"No real images were held out for {_some(unmeasured, names)}, so "
            "the result was measured only on images that guided the choice. Set `use` below 1."
        )
    fewer = [o for o in found if 0 < (o.get("real") or {}).get("n", 0) < o["chosen"]]
    if fewer:
        said.append(
            f"For {_some(fewer, names)}, fewer real images than were chosen "
            f"could be compared with those held out ({_range([o['real']['n'] for o in fewer])}), "
            "so their mark is too far to the right."
        )
    return said


def _range(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _some(found: Sequence[Outcome], names: Mapping[str, str], most: int = 5) -> str:
    """Name the classes of some outcomes."""
    listed, more = [name_outcome(one, names) for one in found[:most]], len(found) - most
    return ", ".join(listed) + (f" and {more:,} more" if more > 0 else "")
