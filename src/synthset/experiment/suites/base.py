"""The experiment's own test: how many of its images are recognised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from synthset.experiment.suites.suite import Reading, Suite
from synthset.experiment.trials import Job, read_trial
from synthset.recipe.suites import BASE
from synthset.results.benchmark import Measure
from synthset.results.class_statistics import class_statistics, judge_trial


class Base(Suite):
    """Accuracy on the real test images; in its details balanced accuracy and mean precision."""

    differences = (
        ("balanced accuracy", "the mean recall", "the mean of (precision + recall) / 2"),
        (
            "precision",
            "over the test images that are classified as a class",
            "the same, with equal weight for each class",
        ),
    )
    name = BASE
    measures = (
        Measure(BASE, "test accuracy", "base", note="top-1 on the experiment's real test images"),
    )

    def __init__(self, published: bool) -> None:
        self._published = published

    def identity(self, part: str, job: Job) -> Any:
        return [1, self._published]

    def work(self, part: str, jobs: Sequence[Job]) -> int:
        return 0  # the trial has the answers

    def read(self, part: str, jobs: Sequence[Job]) -> list[tuple[Reading, ...]]:
        return [(self._one(job),) for job in jobs]

    def _one(self, job: Job) -> Reading:
        trial = read_trial(job.folder)
        right = trial.probabilities.argmax(axis=1) == trial.labels
        figures = judge_trial(trial, published=self._published)
        statistics = class_statistics(figures, published=self._published, draws=0)
        found, over = statistics.figures, statistics.over
        return Reading(
            measure=BASE,
            value=float(np.mean(right)),
            images=len(right),
            details={
                f"balanced accuracy{over}": found["balanced_accuracy"].value or 0.0,
                f"macro precision{over}": found["precision"].value or 0.0,
            },
        )
