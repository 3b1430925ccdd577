"""A benchmark as JSON, and as a table with a row a training set."""

from __future__ import annotations

from typing import Any

from synthset.pages.benchmark.ranking import Ranking
from synthset.results.benchmark import Benchmark
from synthset.results.judgement_tables import plain

FORMAT = 1
CELLS = ("low", "high", "difference", "difference_low", "difference_high", "p")
COSTS = ("attempted", "obtained", "kept", "bytes", "seconds", "gpu_hours", "training_seconds")


def to_json(benchmark: Benchmark, ranking: Ranking) -> dict[str, Any]:
    """Everything that the benchmark holds, for `json.dumps`; what doesn't exist is null."""
    ranks = {figure.name: benchmark.ranks(figure) for figure in benchmark.figures}
    return {
        "format": FORMAT,
        "base": benchmark.base,
        "seeds": list(benchmark.seeds),
        "published": benchmark.published,
        "conventions": list(benchmark.conventions),
        "arms": [
            {"name": arm, "text": text, "mean_rank": plain(ranking.means.get(arm))}
            for arm, text in benchmark.arms.items()
        ],
        "ranked": [figure.name for figure in ranking.figures],
        "figures": [dict(vars(figure)) for figure in benchmark.figures],
        "cells": {
            name: {
                arm: {**plain(vars(cells[arm])), "rank": ranks[name].get(arm)}
                for arm in benchmark.arms
            }
            for name, cells in benchmark.cells.items()
        },
        "costs": [plain(vars(cost)) for cost in benchmark.costs],
    }


def table_rows(benchmark: Benchmark, ranking: Ranking) -> list[dict[str, Any]]:
    """A row a set: mean rank; of each figure value, interval, difference, p, rank; costs.

    Shares lie in 0 to 1; empty where there is none.
    """
    costs = {cost.arm: cost for cost in benchmark.costs}
    ranks = {figure.name: benchmark.ranks(figure) for figure in benchmark.figures}
    rows = []
    for arm, text in benchmark.arms.items():
        row: dict[str, Any] = {"arm": arm, "text": text}
        row["mean_rank"] = plain(ranking.means.get(arm))
        for figure in benchmark.figures:
            cell = benchmark.cells[figure.name][arm]
            row[figure.name] = plain(cell.value)
            row |= {f"{figure.name}_{name}": plain(getattr(cell, name)) for name in CELLS}
            row[f"{figure.name}_rank"] = ranks[figure.name].get(arm)
        row |= {name: plain(getattr(costs.get(arm), name, None)) for name in COSTS}
        rows.append(row)
    return rows
