"""How well a probe tells the images of a set from real ones of the same classes, by technical
cues."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from synthset.images import UnreadableImage
from synthset.machine import ProgressBar, count_cores
from synthset.metrics.images.source_cues import CUES, TOGETHER, read_cues
from synthset.metrics.statistics.intervals import Interval
from synthset.metrics.statistics.probe import probe

PER_SIDE = 1000  # images: intervals of 1 to 2 points in half a minute
FEWEST = 20  # with fewer, an interval reaches from no cue to a strong one

Read = Callable[[int], bytes]
Rows = NDArray[np.int64]


def choose_alike(sides: Sequence[Mapping[int, Sequence[int]]], most: int) -> list[list[int]]:
    """Choose as many rows of each class on every side, so that no class tells the sides apart.

    Args:
        sides: label -> rows of it, in the order in which they are taken.
        most: rows of a side, about.
    """
    shared = sorted(set(sides[0]).intersection(*sides[1:]))
    each = max(1, most // max(1, len(shared)))
    counts = {label: min(each, *(len(side[label]) for side in sides)) for label in shared}
    return [[row for label in shared for row in side[label][: counts[label]]] for side in sides]


def probe_cues(
    real: Sequence[bytes], sets: Sequence[Sequence[bytes]], bar: ProgressBar
) -> list[dict[str, Interval]]:
    """Probe each of some sets against real images, cue by cue and all together.

    Returns:
        Of each set, cue -> AUC; empty where a side has fewer than `FEWEST` images.
    """
    if min(len(real), *map(len, sets)) < FEWEST:
        return [{} for _ in sets]
    bar.start("cues", len(real) + sum(map(len, sets)))
    tables = [_read_all(images, bar) for images in (real, *sets)]
    bar.stop()
    return [_probe_one(tables[0], made) for made in tables[1:]]


def _read_all(images: Sequence[bytes], bar: ProgressBar) -> dict[str, NDArray[np.float64]]:
    def one(data: bytes) -> dict[str, list[float]] | None:
        try:
            return read_cues(data)
        except UnreadableImage:
            return None
        finally:
            bar.advance(1)

    with ThreadPoolExecutor(count_cores()) as threads:
        rows = [found for found in threads.map(one, images) if found is not None]
    table = {cue: np.array([row[cue] for row in rows], np.float64) for cue in CUES}
    return {**table, TOGETHER: np.concatenate(list(table.values()), axis=1)}


def _probe_one(
    real: Mapping[str, NDArray[np.float64]], made: Mapping[str, NDArray[np.float64]]
) -> dict[str, Interval]:
    return {
        cue: probe(
            np.concatenate([made[cue], theirs]),
            np.arange(len(made[cue]) + len(theirs)) < len(made[cue]),
        )
        for cue, theirs in real.items()
    }
