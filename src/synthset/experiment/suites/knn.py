"""Nearest neighbours in frozen features: what do an arm's images teach without any training?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthset.experiment.suites.answers import read_features
from synthset.experiment.suites.encoding import check_encoder, encode
from synthset.experiment.suites.suite import (
    Judged,
    Reading,
    Suite,
    collect_training_images,
    draw_rows,
)
from synthset.experiment.trials import Job
from synthset.metrics.sets.knn import weighted_knn
from synthset.recipe.suites import Knn
from synthset.results.benchmark import Measure
from synthset.training.labelled import LabelledImages

LISTED = 5  # classes that a note names before it counts the rest


class KnnSuite(Suite):
    """Accuracy of weighted neighbours on the experiment's test images."""

    remarks = ("a class without an image in the bank is reported; the published bank fills it in",)

    def __init__(self, name: str, settings: Knn, judged: Judged) -> None:
        """Look for the encoder.

        Raises:
            RecipeError: it isn't there.
        """
        self.name, self._settings = name, settings
        self._classes = tuple(names[0] for names in judged.classes)
        eyes = "each arm's classifier"
        if settings.encoder is not None:
            check_encoder(f"suites.{name}.encoder", settings.encoder)
            eyes = f"a frozen encoder ({settings.encoder.kind})"
        bank = (
            f"{settings.per_class:,} training images of each class"
            if settings.per_class
            else "as many training images of each class as the smallest class has"
        )
        note = (
            f"the nearest {settings.k[0]} of {bank} vote, weighted by exp(cosine / "
            f"{settings.temperature:g}); features of {eyes}"
        )
        measure = Measure(name, settings.text or name, "self-supervised", note=note)
        self.measures = (measure,)

    def identity(self, part: str, job: Job) -> Any:
        encoder = self._settings.encoder
        known = None if encoder is None else encoder.full_identity()
        return [1, {**self._settings.identity(), "encoder": known}]

    def work(self, part: str, jobs: Sequence[Job]) -> int:
        return sum(len(job.test) + len(job.train.images) for job in jobs)

    def read(self, part: str, jobs: Sequence[Job]) -> list[tuple[Reading, ...]]:
        return [(self._one(job),) for job in jobs]

    def _one(self, job: Job) -> Reading:
        settings = self._settings
        train, test = collect_training_images(job), job.test
        bank = train.take(choose_bank(train, settings.per_class))
        test = test.take(draw_rows(test.keys, test.labels, settings.max_test_per_class))
        said = weighted_knn(
            self._features(job, bank),
            bank.labels,
            self._features(job, test),
            settings.k,
            settings.temperature,
        )
        shares = {k: float((one == test.labels).mean()) for k, one in said.items()}
        return Reading(
            measure=self.name,
            value=shares[settings.k[0]],
            images=len(test),
            note=self._note(bank),
            details={f"k = {k}": share for k, share in shares.items()},
        )

    def _features(self, job: Job, images: LabelledImages) -> NDArray[np.float32]:
        encoder = self._settings.encoder
        if encoder is None:
            return read_features(job, images)
        return encode(encoder, images, job).features

    def _note(self, bank: LabelledImages) -> str:
        counts = np.bincount(bank.labels, minlength=len(self._classes))
        missing = [name for name, n in zip(self._classes, counts, strict=True) if not n]
        said = []
        if missing:
            rest = f" and {len(missing) - LISTED:,} more" if len(missing) > LISTED else ""
            listed = ", ".join(missing[:LISTED]) + rest
            said.append(
                f"there is no image of {listed}: test images of such a class count as wrong"
            )
        few = int(((counts > 0) & (counts < (self._settings.per_class or 0))).sum())
        if few:
            least = int(counts[counts > 0].min())
            said.append(
                f"{few:,} classes have fewer than {self._settings.per_class:,} images, the "
                f"smallest {least:,}"
            )
        if max(self._settings.k) > len(bank):
            beyond = ", ".join(str(k) for k in self._settings.k if k > len(bank))
            said.append(f"k = {beyond} takes all of {len(bank):,} images")
        return "; ".join(said)


def choose_bank(images: LabelledImages, per_class: int | None) -> NDArray[np.int64]:
    """Choose the bank: as many images of each class, as far as there are; None takes as many as the
    smallest class has that has any."""
    counts = np.bincount(images.labels)
    most = int(counts[counts > 0].min()) if per_class is None else per_class
    return draw_rows(images.keys, images.labels, most)
