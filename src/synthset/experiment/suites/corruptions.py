"""ImageNet-C's corruptions, computed on the experiment's test images, once for all arms.

Paper: Hendrycks and Dietterich 2019, arXiv 1903.12261, by way of imagecorruptions
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthset.errors import ModelError
from synthset.experiment.suites.answers import open_classifier, predict_classes
from synthset.experiment.suites.suite import Judged, Reading, Suite, draw_rows
from synthset.experiment.trials import Job
from synthset.images import Pixels, decode
from synthset.recipe.suites import Corruptions
from synthset.recipe.training import Preprocessing
from synthset.results.benchmark import Measure
from synthset.seeds import digest
from synthset.training.labelled import LabelledImages
from synthset.training.preprocess import Draw, preprocess

#: Enlarged to 64 px, eight photographs of 32 px lose as much to blur, elastic transform, pixelate
#: and JPEG, measured as root mean square difference over standard deviation after shrinking, as
#: they do at 224 px (defocus blur 0.33 to 0.64 against 0.35 to 0.54, JPEG 0.21 to 0.35 against 0.22
#: to 0.36, severities 1 and 5); at 32 px it is half as much again.
SMALL_PX = 64
BLOCK = 256  # images in memory at a time
SEEDED = ("glass_blur", "impulse_noise")  # these take their seed as an argument


class CorruptionsSuite(Suite):
    """Mean accuracy over corruptions and severities; each of them in the details."""

    def __init__(self, name: str, settings: Corruptions, judged: Judged) -> None:
        """Look for the library.

        Raises:
            ModelError: it isn't installed.
        """
        _library()
        self.name, self._settings = name, settings
        said = [
            f"mean accuracy over {len(settings.names)} corruptions and severities "
            f"{', '.join(map(str, settings.severities))}, computed on the experiment's test images"
        ]
        if settings.max_per_class:
            said.append(f"at most {settings.max_per_class:,} images of each class")
        measure = Measure(name, settings.text or name, "synthetic", note="; ".join(said))
        self.measures = (measure,)

    @property
    def parts(self) -> tuple[str, ...]:
        return self._settings.names

    def identity(self, part: str, job: Job) -> Any:
        settings = self._settings
        at = choose_side(settings.at_px, job.experiment.preprocessing)
        return [1, part, list(settings.severities), at, settings.max_per_class]

    def shared(self, job: Job) -> str:
        return job.test.content

    def work(self, part: str, jobs: Sequence[Job]) -> int:
        rows = draw_rows(jobs[0].test.keys, jobs[0].test.labels, self._settings.max_per_class)
        return len(rows) * len(self._settings.severities) * len(jobs)

    def read(self, part: str, jobs: Sequence[Job]) -> list[tuple[Reading, ...]]:
        test = jobs[0].test
        test = test.take(draw_rows(test.keys, test.labels, self._settings.max_per_class))
        models = [open_classifier(job) for job in jobs]
        right = np.zeros((len(jobs), len(self._settings.severities)), np.int64)
        for start in range(0, len(test), BLOCK):
            block = test.take(np.arange(start, min(start + BLOCK, len(test))))
            for column, severity in enumerate(self._settings.severities):
                pixels = corrupt_images(block, part, severity, self._settings, jobs[0])
                for row, (job, model) in enumerate(zip(jobs, models, strict=True)):
                    right[row, column] += (
                        predict_classes(job, model, pixels) == block.labels
                    ).sum()
        return [(self._reading(part, shares, len(test)),) for shares in right / len(test)]

    def _reading(self, part: str, shares: NDArray[np.float64], images: int) -> Reading:
        names = [f"{part}/{severity}" for severity in self._settings.severities]
        details = dict(zip(names, shares.tolist(), strict=True))
        return Reading(self.name, float(shares.mean()), images, details=details)

    def join(self, readings: Mapping[str, tuple[Reading, ...]]) -> tuple[Reading, ...]:
        each = [one for part in readings.values() for one in part]
        details = {name: value for one in each for name, value in one.details.items()}
        value = float(np.mean(list(details.values())))
        return (Reading(self.name, value, each[0].images, details=details),)


def corrupt_images(
    images: LabelledImages, name: str, severity: int, settings: Corruptions, job: Job
) -> NDArray[np.uint8]:
    """Corrupt images and prepare them as the model sees them.

    Args:
        images: N of them.
        name: of the corruption.
        severity: 1 to 5.
        settings: at which size.
        job: for the preprocessing.

    Returns:
        (N, S, S, 3) uint8 RGB. What is drawn at random depends on the image's bytes and the
        corruption alone, so a corruption only grows stronger with its severity.
    """
    last = job.experiment.preprocessing
    first = last.model_copy(
        update={
            "size_px": choose_side(settings.at_px, last),
            "jpeg_quality": None,
            "grayscale": False,
            "noise": 0.0,
        }
    )
    found = []
    for i, key in enumerate(images.keys):
        square = preprocess(decode(images.read(i)), first, Draw.testing(key))
        seed = int(digest([key, name], 4), 16)
        found.append(preprocess(corrupt(square, name, severity, seed), last, Draw.testing(key)))
    return np.stack(found)


def corrupt(image: Pixels, name: str, severity: int, seed: int) -> Pixels:
    """Corrupt one image.

    Args:
        image: (S, S, 3) uint8 RGB, 32 px or more.
        name: of the corruption.
        severity: 1 to 5.
        seed: in [0, 2**32).

    Returns:
        The same shape. The same seed gives the same image; numpy's global generator, which the
        library draws from, is left as it was.
    """
    library = _library()
    before = np.random.get_state()
    np.random.seed(seed)
    try:
        own = {"seed": seed} if name in SEEDED else {}
        found: Pixels = library.corrupt(image, severity, name, **own)
    finally:
        np.random.set_state(before)
    return found


def choose_side(asked: int | None, preprocessing: Preprocessing) -> int:
    """Side of the square that is corrupted."""
    return asked or max(preprocessing.size_px, SMALL_PX)


def _library() -> Any:
    try:
        import imagecorruptions
    except ModuleNotFoundError:
        found = "the corruptions need imagecorruptions, which is not installed"
        raise ModelError(f"{found}: pip install 'synthset[bench]'") from None
    return imagecorruptions
