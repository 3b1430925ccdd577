"""How many bytes a training set takes: a suite without a measure, for the bill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from synthset.experiment.suites.suite import Reading, Suite, collect_training_images
from synthset.experiment.trials import Job

BYTES = "bytes"


class Size(Suite):
    """Encoded images that a trial was trained on, each once."""

    name = BYTES
    measures = ()

    def identity(self, part: str, job: Job) -> Any:
        return 1

    def work(self, part: str, jobs: Sequence[Job]) -> int:
        return 0  # reading is cheap beside any model

    def read(self, part: str, jobs: Sequence[Job]) -> list[tuple[Reading, ...]]:
        return [(Reading(BYTES, float(_bytes(job))),) for job in jobs]


def _bytes(job: Job) -> int:
    images = collect_training_images(job)
    return sum(len(images.read(i)) for i in range(len(images)))
