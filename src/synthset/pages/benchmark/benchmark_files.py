"""A benchmark as a table with a row a training set."""

from __future__ import annotations

from typing import Any

from synthset.results.benchmark import Benchmark, Cell
from synthset.results.stored import to_plain

COSTS = ("attempted", "obtained", "kept", "bytes", "seconds", "gpu_hours", "training_seconds")


def make_table_rows(benchmark: Benchmark) -> list[dict[str, Any]]:
    """A row a set: mean rank; of each measure value, interval, difference, p, rank; costs.

    Shares lie in 0 to 1; empty where there is none.
    """
    costs = {cost.arm: cost for cost in benchmark.costs}
    rows = []
    for arm, text in benchmark.arms.items():
        row: dict[str, Any] = {"arm": arm, "text": text}
        row["mean_rank"] = to_plain(benchmark.ranking.means.get(arm))
        for measure in benchmark.measures:
            row |= _cells(measure.name, benchmark.cells[measure.name][arm])
        row |= {name: to_plain(getattr(costs.get(arm), name, None)) for name in COSTS}
        rows.append(row)
    return rows


def _cells(name: str, cell: Cell) -> dict[str, Any]:
    difference = cell.difference
    between = difference and difference.figure.interval
    found = {
        "": cell.figure.value,
        "_low": cell.figure.interval and cell.figure.interval.low,
        "_high": cell.figure.interval and cell.figure.interval.high,
        "_difference": difference and difference.value,
        "_difference_low": between and between.low,
        "_difference_high": between and between.high,
        "_p": difference and difference.p_holm,
        "_rank": cell.rank,
    }
    return {f"{name}{ending}": to_plain(value) for ending, value in found.items()}
