"""What must be known of the figures, each remark once, with the sets and figures it is of."""

from __future__ import annotations

from dataclasses import dataclass

from synthset.pages.benchmark.benchmark_words import join_names
from synthset.results.benchmark import Benchmark

COST = "cost"


@dataclass(frozen=True)
class Remark:
    """A note and where it belongs.

    Attributes:
        text: the note.
        figures: words of the figures that it is of; `cost` for the ledger.
        arms: words of the training sets.
        missing: whether it says why there is no value.
    """

    text: str
    figures: tuple[str, ...]
    arms: str
    missing: bool


def write_remarks(benchmark: Benchmark) -> list[Remark]:
    """Join notes of the same words; those of missing values come first."""
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for measure in benchmark.measures:
        for arm in benchmark.arms:
            cell = benchmark.cells[measure.name][arm]
            for note in cell.notes:
                found.setdefault(note, []).append((measure.text, arm, cell.figure.value is None))
    for cost in benchmark.costs:
        for note in cost.notes:
            found.setdefault(note, []).append((COST, cost.arm, False))
    joined = [_join_notes(benchmark, note, places) for note, places in found.items()]
    return sorted(joined, key=lambda one: not one.missing)


def _join_notes(benchmark: Benchmark, note: str, places: list[tuple[str, str, bool]]) -> Remark:
    arms = [arm for arm in benchmark.arms if any(arm == one for _, one, _ in places)]
    who = (
        "all sets"
        if 1 < len(arms) == len(benchmark.arms)
        else join_names(benchmark, arms, len(arms))
    )
    figures = tuple(dict.fromkeys(figure for figure, _, _ in places))
    return Remark(note, figures, who, any(missing for _, _, missing in places))
