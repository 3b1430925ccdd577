"""Small labelled images that a small network learns in a second."""

import numpy as np
from sklearn.datasets import load_digits

from synthset.images import encode
from synthset.recipe.training import Augmentation, Loss, Preprocessing, SmallResNet, Training
from synthset.training.labelled import LabelledImages
from synthset.training.task import Task, TrainingStage

MUON = {"optimizer": "muon", "momentum": 0.6, "decay": "linear", "warm_up": 0}


class Memory:
    """Reads encoded images that lie in memory."""

    def __init__(self, images):
        self.images = images

    def __call__(self, i):
        return self.images[i]


def digits(first, last):
    found = load_digits()
    rows = np.random.default_rng(0).permutation(len(found.target))[first:last]
    grey = (found.images[rows] * 15.9).astype(np.uint8)
    images = [encode(np.repeat(one[..., None], 3, axis=2), "png") for one in grey]
    labels = found.target[rows].astype(np.int64)
    return LabelledImages(
        Memory(images),
        labels,
        np.zeros(len(rows), np.int16),
        ("real",),
        tuple(str(row) for row in rows),
    )


def small_task(updates=12, train=200, **changes):
    """A task of the digits; `changes` are of the training, or of the task where it has the name."""
    of_task = {key: changes.pop(key) for key in list(changes) if key in Task.__annotations__}
    settings = {"batch_size": 32, "precision": "float32", "device": "cpu", **MUON, **changes}
    settings.setdefault("augmentation", Augmentation(flip=False, shift=0.0625))
    task = {
        "stages": (TrainingStage("train", digits(0, train), updates),),
        "val": digits(1000, 1100),
        "classes": 10,
        "model": SmallResNet(kind="small_resnet", width=16),
        "preprocessing": Preprocessing(size_px=8),
        "training": Training(**settings),
        "loss": Loss(),
        "seed": 0,
    }
    return Task(**{**task, **of_task})
