"""Other test images of the same classes: what is left of the accuracy when the pictures change?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthset.errors import Problem, RecipeError, did_you_mean
from synthset.experiment.images import ClassNames, Collection, collect, find_label, join_labels
from synthset.experiment.suites.answers import predict_probabilities
from synthset.experiment.suites.suite import (
    Judged,
    Reading,
    Suite,
    collect_training_images,
    draw_rows,
)
from synthset.experiment.trials import Job
from synthset.metrics.statistics.classification import describe_classes
from synthset.recipe.suites import Shift
from synthset.results.benchmark import Measure
from synthset.taxonomy.names import ClassIndex


class ShiftSuite(Suite):
    """Accuracy on other images, of the classes that occur there."""

    def __init__(self, name: str, settings: Shift, judged: Judged) -> None:
        """Find the images.

        Raises:
            RecipeError: nothing is there, or its classes don't fit.
        """
        self.name, self._settings = name, settings
        where = f"suites.{name}"
        found = _rename_classes(
            collect(settings.images, f"{where}.images", tests=True), settings, where
        )
        labels = join_labels(found, judged.classes, f"{where}.images", strict=False)
        self._left_out = int((labels < 0).sum())
        labels = _leave_out(labels, settings, judged.classes, where)
        rows = np.flatnonzero(labels >= 0)
        chosen = draw_rows([found.contents[r] for r in rows], labels[rows], settings.max_per_class)
        self.images = found.label_rows(labels, rows[chosen])
        self._there = np.unique(self.images.labels)
        self._over = describe_classes(len(self._there), len(judged.classes))
        self.measures = (
            Measure(name, settings.text or name, settings.group, note=self._note(judged.classes)),
        )

    def _note(self, classes: Sequence[ClassNames]) -> str:
        said = [f"{len(self.images):,} images of {len(self._there):,} of {len(classes):,} classes"]
        if len(self._there) < len(classes):
            said.append(
                "the classifier chooses only among these"
                if self._settings.mask
                else "the classifier chooses among all classes"
            )
        if self._left_out:
            said.append(f"{self._left_out:,} images of other classes left out")
        return "; ".join(said)

    def identity(self, part: str, job: Job) -> Any:
        return [2 if self._over else 1, self._settings.mask, self.images.content]

    def work(self, part: str, jobs: Sequence[Job]) -> int:
        return len(self.images) * len(jobs)

    def read(self, part: str, jobs: Sequence[Job]) -> list[tuple[Reading, ...]]:
        return [(self._one(job),) for job in jobs]

    def _one(self, job: Job) -> Reading:
        said, labels = predict_probabilities(job, self.images), self.images.labels
        masked = self._there[said[:, self._there].argmax(axis=1)]
        free = said.argmax(axis=1)
        predicted = masked if self._settings.mask else free
        recalls = [float((predicted == k)[labels == k].mean()) for k in self._there.tolist()]
        known = set(collect_training_images(job).keys)
        seen = sum(key in known for key in self.images.keys)
        return Reading(
            measure=self.name,
            value=float((predicted == labels).mean()),
            images=len(labels),
            note=f"{seen:,} of its images ({seen / len(labels):.1%}) are also training images"
            if seen
            else "",
            details={
                f"balanced accuracy{self._over}": float(np.mean(recalls)),
                "with the mask": float((masked == labels).mean()),
                "without a mask": float((free == labels).mean()),
            },
        )


def _rename_classes(found: Collection, settings: Shift, where: str) -> Collection:
    """Put the experiment's name of a class before its own."""
    known = {name for names in found.classes for name in names}
    for name in settings.names:
        if name not in known:
            right = did_you_mean(name, known)
            raise RecipeError(f"{where}.names.{name}", "these images have no such class", right)
    renamed = tuple(
        ClassNames([settings.names[one] for one in names if one in settings.names]) or names
        for names in found.classes
    )
    return replace(found, classes=renamed)


def _leave_out(
    labels: NDArray[np.int64], settings: Shift, classes: Sequence[ClassNames], where: str
) -> NDArray[np.int64]:
    """Leave out what isn't asked for; refuse classes that nobody knows, or that don't occur."""
    index, wanted, problems = ClassIndex(classes), list[int](), list[Problem]()
    for there, name in settings.names.items():
        find_label(name, index, f"{where}.names.{there}")
    if settings.classes is None:
        return labels
    for i, name in enumerate(settings.classes):
        place = f"{where}.classes[{i}]"
        try:
            wanted.append(find_label(name, index, place))
        except RecipeError as fault:
            problems += fault.problems
            continue
        if not (labels == wanted[-1]).any():
            found = f"there is no image of class {name!r}"
            problems.append(Problem(place, found, "leave the class out"))
    if problems:
        raise RecipeError.of(problems)
    return np.where(np.isin(labels, wanted), labels, -1)
