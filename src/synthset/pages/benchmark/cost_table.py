"""The ledger: what each training set took, from the first candidate to the last update."""

from __future__ import annotations

from dataclasses import dataclass

from synthset.pages.kit.numbers import NONE, count, duration, number, percent, size
from synthset.results.benchmark import Benchmark, Cost


@dataclass(frozen=True)
class Entry:
    """A cell of the ledger.

    Attributes:
        text: a dash where not counted.
        small: what stands below it.
        order: number to sort by; None sorts last.
        title: why there is none.
    """

    text: str
    small: str
    order: float | None
    title: str


HEADS = (
    ("attempted", "candidates examined, downloaded or generated"),
    ("obtained", "images obtained from them"),
    ("kept", "images that it trains on, mean over seeds"),
    ("bytes", "of the images that it trains on"),
    ("making", "wall time for making or selecting its images"),
    ("GPU-hours", "of that time, on GPUs"),
    ("training", "wall time of one training, mean over seeds"),
)


def make_cost_rows(benchmark: Benchmark) -> list[tuple[Cost, list[Entry]]]:
    """For each training set its costs and a cell for each of `HEADS`."""
    return [(cost, _entries(cost)) for cost in benchmark.costs]


def _entries(cost: Cost) -> list[Entry]:
    there_before = "its images existed before"
    return [
        _make_count_entry(cost.attempted, None, ""),
        _make_count_entry(cost.obtained, cost.attempted, "of the attempted"),
        _make_count_entry(cost.kept, cost.obtained, "of the obtained"),
        _entry(size(cost.bytes), cost.bytes, "not counted"),
        _entry(duration(cost.seconds), cost.seconds, there_before),
        _entry(number(cost.gpu_hours, 3), cost.gpu_hours, there_before),
        _entry(duration(cost.training_seconds), cost.training_seconds, ""),
    ]


def _make_count_entry(images: float | None, of: float | None, words: str) -> Entry:
    """A number of images, and its share of the number before it, if it can be one."""
    if images is None:
        return _entry(NONE, None, "not counted")
    small = f"{percent(images, of)} {words}" if of and images <= of else ""
    return Entry(count(images), small, images, "")


def _entry(text: str, order: float | None, why: str) -> Entry:
    return Entry(text, "", order, why if order is None else "")
