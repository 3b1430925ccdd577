"""What is trained, and what comes out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch import nn

from synthset.errors import DatasetError, ModelError
from synthset.recipe.training import Loss, Mixing, Model, Preprocessing, TimmModel, Training
from synthset.results.trial import Look
from synthset.seeds import digest
from synthset.training.draws import DrawPhase
from synthset.training.labelled import LabelledImages
from synthset.training.logit_shift import find_rarest, refuse_few

VERSION = 2  # changes whenever the same task would give other weights


@dataclass(frozen=True)
class TrainingStage:
    """One schedule: images, and how many updates on them.

    Attributes:
        name: of the stage.
        images: to train on.
        updates: how many.
        draws: how often each source and class is drawn, phase by phase; empty draws by the loss's
            `sampling`.
        mix: mixes images of a class across sources; None leaves them whole.
    """

    name: Literal["pretrain", "train"]
    images: LabelledImages
    updates: int
    draws: tuple[DrawPhase, ...] = ()
    mix: Mixing | None = None

    @property
    def starts(self) -> list[int]:
        """First update of each phase; one phase without draws."""
        before = np.cumsum([0.0, *(one.share for one in self.draws[:-1])])
        return [round(self.updates * share) for share in before.tolist()]

    def identity(self) -> list[Any]:
        """Describe the stage in JSON values; images by a hash of their keys and labels."""
        origins = [_origins(self.images)] if self.draws or self.mix else []
        tables: list[Any] = [[one.share, one.table.tolist()] for one in self.draws]
        if len(tables) == 1:
            tables = [self.draws[0].table.tolist()]
        mixed = [] if self.mix is None else [self.mix.identity()]
        return [self.name, self.updates, _hash(self.images), *tables, *origins, *mixed]


@dataclass(frozen=True)
class Task:
    """Everything that decides the weights.

    Attributes:
        stages: in their order; each has a fresh schedule and optimiser.
        val: chooses which weights are kept, and is never trained on.
        classes: K; labels are 0 to K - 1.
        model: the network.
        preprocessing: of every image.
        training: the budget; the updates are those of the stages.
        loss: of all stages.
        seed: decides first weights, order and random changes.
        lacking: whether the training images may lack a class, which the classifier then never says.
    """

    stages: tuple[TrainingStage, ...]
    val: LabelledImages
    classes: int
    model: Model
    preprocessing: Preprocessing
    training: Training
    loss: Loss
    seed: int
    lacking: bool = False

    @property
    def updates(self) -> int:
        """Of all stages together."""
        return sum(stage.updates for stage in self.stages)

    def identity(self) -> dict[str, Any]:
        """Describe the task in JSON values; images by a hash of their keys and labels."""
        return {
            "version": VERSION,
            "stages": [one.identity() for one in self.stages],
            "val": _hash(self.val),
            "classes": self.classes,
            "model": self.model.identity(),
            "weights": _weights_sha256(self.model),
            "preprocessing": self.preprocessing.identity(),
            "training": self.training.identity(),
            "loss": self.loss.identity(),
            "seed": self.seed,
        }

    def fingerprint(self) -> str:
        """Name the task in 32 hexadecimal digits."""
        return digest(self.identity())


@dataclass(frozen=True)
class Fitted:
    """A trained classifier.

    Attributes:
        model: with the chosen weights, in evaluation mode.
        looks: in the order of time.
        chosen: update whose weights were kept.
        seconds: wall time of the training, over all its runs.
    """

    model: nn.Module
    looks: tuple[Look, ...]
    chosen: int
    seconds: float


def check(task: Task) -> None:
    """Refuse what cannot be trained.

    Raises:
        DatasetError: a set is empty, a class is missing or unknown.
    """
    if not task.stages:
        raise DatasetError("there is nothing to train: the task has no stage; give it one")
    for stage in task.stages:
        _check_labels(f"the {stage.name} images", stage.images, task.classes)
    missing = np.flatnonzero(
        np.bincount(task.stages[-1].images.labels, minlength=task.classes) == 0
    )
    if len(missing) and not task.lacking:
        listed = ", ".join(str(label) for label in missing[:10])
        raise DatasetError(
            f"the training set has no image of class {listed} of {task.classes} (counted from 0); "
            "add some, or leave the class out everywhere"
        )
    _check_labels("the validation split", task.val, task.classes)
    if task.loss.shift == "validation":
        refuse_few(find_rarest(task.stages[-1].images), task.val.labels)


def _check_labels(what: str, images: LabelledImages, classes: int) -> None:
    if not len(images):
        raise DatasetError(f"{what}: there is no image; give some of each class")
    low, high = int(images.labels.min()), int(images.labels.max())
    if low < 0 or high >= classes:
        wrong = low if low < 0 else high
        raise DatasetError(
            f"{what}: found label {wrong}, but the {classes} classes are 0 to {classes - 1}; use "
            "the same list of classes for all sets"
        )


def _weights_sha256(model: Model) -> str | None:
    """Name the weights that a training starts from by their bytes, whatever the file is called."""
    if not isinstance(model, TimmModel) or model.weights is None:
        return None
    path = Path(model.weights).expanduser()
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as fault:
        raise ModelError(f"model.weights: {path} cannot be read ({fault.strerror})") from None


def _hash(images: LabelledImages) -> str:
    found = hashlib.blake2b("\n".join(images.keys).encode(), digest_size=16)
    found.update(images.labels.astype("<i8").tobytes())
    return found.hexdigest()


def _origins(images: LabelledImages) -> str:
    return hashlib.blake2b(images.origins.astype("<i2").tobytes(), digest_size=16).hexdigest()
