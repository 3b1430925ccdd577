"""Another task: what are the trained weights worth as a beginning?

Paper: Zhai et al. 2019, VTAB, arXiv 1910.04867, in SELECT's manner: a new last layer, and all
layers trained on at 64 px.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthset.errors import RecipeError
from synthset.experiment.images import Collection, collect, join_labels
from synthset.experiment.suites.suite import Judged, Reading, Suite, draw_rows, order_by_bytes
from synthset.experiment.trials import Job
from synthset.machine import fix_torch_threads
from synthset.recipe.suites import Transfer
from synthset.results.benchmark import Measure
from synthset.training.finetune import Schedule, finetune, redraw_weights, replace_head
from synthset.training.labelled import LabelledImages
from synthset.training.predict import load_classifier, predict

Rows = NDArray[np.int64]


class TransferSuite(Suite):
    """Test accuracy in another task, each trial's weights trained on."""

    def __init__(self, name: str, settings: Transfer, judged: Judged) -> None:
        """Find the images, and split them where no test is given.

        Raises:
            RecipeError: nothing is there, or train and test have other classes.
        """
        self.name, self._settings = name, settings
        self.train, self.test, self._classes = _split(settings, f"suites.{name}")
        note = (
            f"{self._classes:,} classes, {len(self.train):,} training and {len(self.test):,} test "
            f"images at {settings.size_px} px; new last layer, then all layers trained further "
            f"for {settings.iterations:,} updates of {settings.batch_size} images"
        )
        self.measures = (Measure(name, settings.text or name, "transfer", note=note),)

    def identity(self, part: str, job: Job) -> Any:
        settings = self._settings.identity()
        for name in ("train", "test"):  # images are what their bytes are, wherever they lie
            settings.pop(name)
        return [1, settings, self.train.content, self.test.content]

    def work(self, part: str, jobs: Sequence[Job]) -> int:
        settings = self._settings
        each = settings.iterations * settings.batch_size
        return len(jobs) * each * (2 if settings.scratch else 1)

    def read(self, part: str, jobs: Sequence[Job]) -> list[tuple[Reading, ...]]:
        return [(self._one(job),) for job in jobs]

    def _one(self, job: Job) -> Reading:
        details = {"from nothing": self._accuracy(job, False)} if self._settings.scratch else {}
        value = self._accuracy(job, True)
        return Reading(self.name, value, len(self.test), details=details)

    def _accuracy(self, job: Job, keeps: bool) -> float:
        """Train on, from the trial's weights or from nothing, and test once."""
        settings, training = self._settings, job.experiment.training
        prepared = job.experiment.preprocessing.model_copy(
            update={"fit": "squash", "size_px": settings.size_px}
        )
        schedule = Schedule(
            settings.iterations,
            settings.batch_size,
            settings.learning_rate,
            settings.momentum,
            settings.step,
            settings.decay,
        )
        with fix_torch_threads(training.threads):
            model = load_classifier(job.folder)
            if not keeps:
                redraw_weights(model, self.train, prepared, job.seed)
            replace_head(model, self._classes, settings.size_px, job.seed)
            where = training.device, training.precision
            finetune(model, self.train, prepared, schedule, job.seed, *where)
            said = predict(model, self.test, prepared, training.batch_size, *where)
        return float((said.argmax(axis=1) == self.test.labels).mean())


def _split(settings: Transfer, where: str) -> tuple[LabelledImages, LabelledImages, int]:
    """Training and test images, none in both, and the number of classes."""
    found = collect(settings.train, f"{where}.train")
    classes = len(found.classes)
    if classes < 2:
        raise RecipeError(
            f"{where}.train", "there is only one class", "a classifier needs at least two"
        )
    if settings.test is None:
        tests = found, found.labels
        rows = _take_share(found, settings.test_fraction)
    else:
        other = collect(settings.test, f"{where}.test", tests=True)
        tests = other, join_labels(other, found.classes, f"{where}.test", strict=True)
        rows = np.arange(len(other))
    held = {tests[0].contents[row] for row in rows.tolist()}
    rest = np.array([row for row, key in enumerate(found.contents) if key not in held], np.int64)
    train = _draw_images(found, found.labels, rest, settings.max_train_per_class)
    lacking = np.flatnonzero(np.bincount(train.labels, minlength=classes) == 0)
    if len(lacking):
        name = found.classes[lacking[0]][0]
        told = f"every image of class {name!r} is a test image, so none is left for training"
        raise RecipeError(f"{where}.train", told, "give it more images")
    return train, _draw_images(*tests, rows, settings.max_test_per_class), classes


def _take_share(found: Collection, fraction: float) -> Rows:
    """A share of each class, one image at least, in the order of their draw."""
    order = order_by_bytes(found.contents)
    rows = [order[found.labels[order] == label] for label in range(len(found.classes))]
    return np.concatenate([one[: max(1, round(fraction * len(one)))] for one in rows])


def _draw_images(found: Collection, labels: Rows, rows: Rows, most: int | None) -> LabelledImages:
    keys = [found.contents[row] for row in rows.tolist()]
    return found.label_rows(labels, rows[draw_rows(keys, labels[rows], most)])
