"""Trains a classifier in a folder of its own."""

from __future__ import annotations

from pathlib import Path

from synthset.errors import raise_storage_errors
from synthset.machine import ProgressBar, Silent
from synthset.store.files import discard_temporaries
from synthset.training.checkpoint import CONFIG, read_config, read_looks, refuse_other, write_result
from synthset.training.hardware import make_reproducible
from synthset.training.labelled import LabelledImages
from synthset.training.loop import Loop
from synthset.training.predict import load_classifier
from synthset.training.task import Fitted, Task, TrainingStage, check

__all__ = ["Fitted", "LabelledImages", "Task", "TrainingStage", "train_classifier"]


@raise_storage_errors()
def train_classifier(task: Task, folder: Path, bar: ProgressBar | None = None) -> Fitted:
    """Train, or go on from the folder's last state; a finished training is loaded.

    The same task gives the same weights on the same kind of device with the same number of threads
    and processes, whether or not it was interrupted.

    Args:
        task: what decides the weights.
        folder: of this training alone; made as needed. In the end it holds `model.safetensors`,
            `looks.json` and `config.json`.
        bar: shows the updates.

    Raises:
        DatasetError: a set is empty, an image is damaged, a class is missing or unknown.
        RecipeError, ModelError: there is no such model, its weights do not fit, or the loss is no
            longer finite.
        UsageError: the folder holds another training.
        StorageError: the disk is full or can't be written; the last state stays.
    """
    check(task)
    if read_config(folder) is None:
        discard_temporaries(folder)  # of a training that was killed
        with make_reproducible(task.training):
            _train(task, folder, bar or Silent())
    config = read_config(folder) or {}
    refuse_other(folder / CONFIG, config.get("task"), task.fingerprint())
    looks = read_looks(folder)
    return Fitted(load_classifier(folder), looks, config["chosen"], config["seconds"])


def _train(task: Task, folder: Path, bar: ProgressBar) -> None:
    loop = Loop(task, folder, bar)
    progress = loop.run()
    config = {"format": 1, "task": task.fingerprint(), **task.identity()}
    offsets = loop.find_offsets()
    if offsets is not None:
        config["offsets"] = offsets
    if loop.accelerator.is_main_process:
        write_result(folder, config, progress, loop.best)
    loop.accelerator.wait_for_everyone()
