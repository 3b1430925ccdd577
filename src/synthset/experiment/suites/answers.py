"""What a trial's classifier says of images, with the arithmetic and threads of its training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from synthset.encoders.device import pick_device
from synthset.experiment.trials import Job
from synthset.machine import fix_torch_threads
from synthset.selection.judged import JudgedImages
from synthset.training.labelled import LabelledImages
from synthset.training.models import Classifier
from synthset.training.pixels import Prepared
from synthset.training.predict import ask_all, extract_features, load_classifier, predict


class PixelsInMemory:
    """Pixels in memory, (N, S, S, 3) uint8, as the model sees them."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self._pixels = pixels

    def __len__(self) -> int:
        return len(self._pixels)

    def take(self, indices: NDArray[np.int64], /) -> NDArray[np.uint8]:
        return self._pixels[indices]


def predict_probabilities(job: Job, images: LabelledImages) -> NDArray[np.float32]:
    """Ask a trial's classifier for the probabilities of each class: (N, K) float32."""
    return _ask(predict, job, images)


def read_features(job: Job, images: LabelledImages) -> NDArray[np.float32]:
    """Read what enters the last layer of a trial's classifier: (N, D) float32."""
    return _ask(extract_features, job, images)


def judge_images(job: Job, images: LabelledImages) -> JudgedImages:
    """Ask a trial's classifier for probabilities and features in one pass."""
    training = job.experiment.training
    with fix_torch_threads(training.threads):
        model = open_classifier(job)
        prepared = Prepared(images, job.experiment.preprocessing, training=False)
        said = ask_all(model, model.answer, prepared, training.batch_size, training.precision)
    probabilities = torch.softmax(said[:, : job.classes].double(), dim=1).float()
    return JudgedImages(images.labels, probabilities.numpy(), said[:, job.classes :].numpy())


def _ask(
    what: Callable[..., NDArray[np.float32]], job: Job, images: LabelledImages
) -> NDArray[np.float32]:
    training = job.experiment.training
    how = (training.batch_size, training.device, training.precision)
    with fix_torch_threads(training.threads):
        return what(load_classifier(job.folder), images, job.experiment.preprocessing, *how)


def open_classifier(job: Job) -> Classifier:
    """Load a trial's classifier on its device, to ask it several times."""
    placed: Classifier = load_classifier(job.folder).to(pick_device(job.experiment.training.device))
    return placed


def predict_classes(job: Job, model: Classifier, pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Name the most probable class of each image: (N,) int64.

    Args:
        job: of the classifier.
        model: opened.
        pixels: (N, S, S, 3) uint8, as the model sees them.
    """
    settings = job.experiment.training
    with fix_torch_threads(settings.threads):
        logits = ask_all(
            model, model, PixelsInMemory(pixels), settings.batch_size, settings.precision
        )
    said: NDArray[np.int64] = torch.argmax(logits, dim=1).numpy()
    return said
