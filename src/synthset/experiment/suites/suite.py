"""What all suites share: they read trained classifiers and training sets, part by part."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from synthset.experiment.trials import Job
from synthset.results.benchmark import Measure
from synthset.seeds import digest
from synthset.taxonomy.names import ClassNames
from synthset.training.labelled import LabelledImages

WHOLE = ""  # the part of a suite that has one part


@dataclass(frozen=True)
class Reading:
    """One measure of one trial, as it is kept in the trial's folder.

    Attributes:
        measure: name of it.
        value: None where it can't be measured; the note says why.
        images: how many test images it stands on; None where that says nothing.
        note: what a reader must know.
        details: parts of it by name.
    """

    measure: str
    value: float | None
    images: int | None = None
    note: str = ""
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Readings:
    """What one part of a suite reads of one trial, as a file."""

    VERSION: ClassVar = 2

    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Judged:
    """What a suite may know of an experiment before anything is trained.

    Attributes:
        classes: in label order.
        real: gives the real training images of each seed's split.
        published: whether the published conventions are followed, where they differ.
    """

    classes: Sequence[ClassNames]
    real: Callable[[], Mapping[int, LabelledImages]]
    published: bool


class Suite(ABC):
    """One suite of an experiment, its data found but nothing measured yet. It may be sent to
    another process.

    Attributes:
        name: of the experiment's `suites`.
        measures: columns that it fills.
        differences: where the corrected and the published conventions differ: what, ours, theirs.
        remarks: what else is done otherwise than published.
        parts: what is kept apart, so that a killed benchmark loses one part at most and another
            part computes alone.
    """

    differences: ClassVar[tuple[tuple[str, str, str], ...]] = ()
    remarks: ClassVar[tuple[str, ...]] = ()
    name: str
    measures: tuple[Measure, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        return (WHOLE,)

    @abstractmethod
    def identity(self, part: str, job: Job) -> Any:
        """All that decides the readings besides the trial, as a JSON value."""

    def shared(self, job: Job) -> str:
        """Trials that give the same text are read in one go, since they share the work."""
        return job.folder.name

    @abstractmethod
    def work(self, part: str, jobs: Sequence[Job]) -> int:
        """How much there is to do, in images that a model looks at; for the progress bar."""

    @abstractmethod
    def read(self, part: str, jobs: Sequence[Job]) -> list[tuple[Reading, ...]]:
        """Measure a part for some finished trials that share their work, in their order."""

    def join(self, readings: Mapping[str, tuple[Reading, ...]]) -> tuple[Reading, ...]:
        """Join the parts of a trial to its measures."""
        return tuple(one for part in readings.values() for one in part)


def collect_training_images(job: Job) -> LabelledImages:
    """Everything that a trial was trained on, pre-training included, each image once."""
    stages = [one.images for one in (job.pretrain, job.train) if one is not None]
    images = LabelledImages.join(stages)
    first = {key: row for row, key in reversed(list(enumerate(images.keys)))}
    return images if len(first) == len(images) else images.take(sorted(first.values()))


def draw_rows(
    keys: Sequence[str], labels: NDArray[np.int64], most: int | None
) -> NDArray[np.int64]:
    """Choose at most so many images of each class by their bytes: the same whatever stands beside
    them. None takes all.

    Returns:
        Rows, ascending.
    """
    if most is None:
        return np.arange(len(keys))
    order = order_by_bytes(keys)
    rows = [order[labels[order] == label][:most] for label in np.unique(labels)]
    return np.sort(np.concatenate(rows)) if rows else order


def order_by_bytes(keys: Sequence[str]) -> NDArray[np.int64]:
    """Rows in an order that only the bytes of the images decide."""
    ranks = [digest(["bench", key], 8) for key in keys]
    return np.array(sorted(range(len(keys)), key=ranks.__getitem__), np.int64)
