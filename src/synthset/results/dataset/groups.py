"""What came out by hypernym group: animals, vehicles, food. A class under two counts in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthset.metrics.statistics.classification import describe_classes
from synthset.metrics.statistics.intervals import Interval, wilson
from synthset.results.dataset.finished_records import FinishedRecords
from synthset.results.figure import Better
from synthset.results.metric_result import MetricResult
from synthset.store.dataset import Dataset

GROUPS = "groups.json"  # written by the engine beside classes.json
RANK = "_rank"
RECOGNITION = "recognition rate"  # measured here from the images, with an interval a group
OUTSIDE, UNKNOWN = "none of these", "no synset"
PARTS = ("planned", "made", "kept")

Name = tuple[str, str]  # what a metric is called, and how it was measured


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of a group's images with Wilson's interval, or None where there is no image."""

    score: str
    all: Interval | None
    kept: Interval | None
    n_all: int
    n_kept: int


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group.

    Attributes:
        name: what it is called.
        synsets: names of its synsets; none for the rows of classes outside of all groups.
        classes: names of its classes, in label order.
        planned, made, kept: numbers of images.
        rates: one a recognition score.
        means: name of a metric -> its mean over the group's classes, of all and of kept; None
            where no class has a value.
        over: metric -> over how many of the group's classes both means are, where not over all.
    """

    name: str
    synsets: tuple[str, ...]
    classes: tuple[str, ...]
    planned: int
    made: int
    kept: int
    rates: tuple[Rate, ...]
    means: dict[Name, tuple[float | None, float | None]]
    over: dict[Name, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class GroupTable:
    """The section of the page.

    Attributes:
        rows: groups with classes, largest first, then the classes that have none.
        several: names of the classes that count in two groups or more.
        unknown: number of classes without a synset.
        metrics: names of the metrics that the rows have means of, and by what and against what they
            were measured; with their direction.
    """

    rows: list[GroupRow]
    several: list[str]
    unknown: int
    metrics: dict[Name, Better]


def make_group_table(
    dataset: Dataset,
    seen: FinishedRecords,
    counted: Sequence[Mapping[str, Any]],
    metrics: Sequence[MetricResult],
) -> GroupTable | None:
    """Gather what the page shows by group.

    Args:
        dataset: whose groups are wanted.
        seen: its records.
        counted: planned, made and kept images of each label, as in `summary`.
        metrics: results of the set, those by class among them.

    Returns:
        None where no class belongs to a group.
    """
    if not dataset.folder.exists(GROUPS):
        return None
    found = dataset.read_json(GROUPS)
    if not any(found["members"].values()):
        return None
    valued = _by_class(metrics)
    members = sorted(found["members"].items(), key=lambda item: -len(item[1]))
    parts = [(name, tuple(found["synsets"][name]), labels) for name, labels in members]
    parts += [(OUTSIDE, (), found["outside"]), (UNKNOWN, (), found["unknown"])]
    rows = [
        _row(name, synsets, labels, seen, counted, valued)
        for name, synsets, labels in parts
        if labels
    ]
    several = [seen.name_class(label) for label in found["several"]]
    shown = {name: better for name, (better, _) in valued.items()}
    return GroupTable(rows, several, len(found["unknown"]), shown)


def _row(
    name: str,
    synsets: tuple[str, ...],
    labels: Sequence[int],
    seen: FinishedRecords,
    counted: Sequence[Mapping[str, Any]],
    valued: Mapping[Name, tuple[Better, Mapping[str, Mapping[str, float]]]],
) -> GroupRow:
    mine = np.isin(seen.labels, labels)  # (N,) whether a record is of this group
    scores = [c.removesuffix(RANK) for c in seen.records.column_names if c.endswith(RANK)]
    keys = [str(seen.classes[label]["key"]) for label in labels]
    sums = {part: sum(int(counted[label][part]) for label in labels) for part in PARTS}
    means, over = {}, {}
    for metric, (_, values) in valued.items():
        both = [_known(values.get(part, {}), keys) for part in ("all", "kept")]
        means[metric] = (_mean(both[0]), _mean(both[1]))
        over[metric] = (_over(both[0], keys), _over(both[1], keys))
    classes = tuple(seen.name_class(label) for label in labels)
    rates = tuple(_rate(seen, score, mine) for score in scores if is_recognition(seen, score))
    return GroupRow(name, synsets, classes, **sums, rates=rates, means=means, over=over)


def is_recognition(seen: FinishedRecords, score: str) -> bool:
    """Whether a column of ranks is one of recognition, which says a first choice too."""
    return f"{score}_predicted" in seen.records.column_names


def count_recognised(
    seen: FinishedRecords, score: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count images by label: those that are recognised, and all that are planned."""
    size = len(seen.classes)
    hits = _find_hits(seen, score)
    return np.bincount(seen.labels[hits], minlength=size), np.bincount(seen.labels, minlength=size)


def _find_hits(seen: FinishedRecords, score: str) -> NDArray[np.bool_]:
    """(N,) images whose class is the first choice; a failed image is not."""
    ranks: NDArray[np.int64] = np.asarray(
        seen.records.column(score + RANK).fill_null(0), dtype=np.int64
    )
    return np.equal(ranks, 1)


def _rate(seen: FinishedRecords, score: str, mine: NDArray[np.bool_]) -> Rate:
    """The share recognised: of all, where a failed image is not recognised, and of the kept."""
    hits = _find_hits(seen, score)
    kept = mine & seen.keep
    shares = [
        wilson(int((hits & part).sum()), int(part.sum())) if part.any() else None
        for part in (mine, kept)
    ]
    return Rate(score, shares[0], shares[1], int(mine.sum()), int(kept.sum()))


def _by_class(
    metrics: Sequence[MetricResult],
) -> dict[Name, tuple[Better, dict[str, dict[str, float]]]]:
    """Arrange results by class: metric -> its direction, and part -> class key -> value."""
    found: dict[Name, tuple[Better, dict[str, dict[str, float]]]] = {}
    for metric in metrics:
        key, value = metric.class_key, metric.value
        if key is None or value is None or metric.name == RECOGNITION:
            continue
        how = " · ".join(filter(None, [metric.measured_by, metric.reference]))
        _, values = found.setdefault((metric.name, how), (metric.better, {}))
        values.setdefault(metric.of, {})[key] = value
    return found


def _known(values: Mapping[str, float], keys: Sequence[str]) -> list[float]:
    return [values[key] for key in keys if key in values]


def _mean(known: Sequence[float]) -> float | None:
    return float(np.mean(known)) if known else None


def _over(known: Sequence[float], keys: Sequence[str]) -> str:
    return describe_classes(len(known), len(keys)) if known else ""
