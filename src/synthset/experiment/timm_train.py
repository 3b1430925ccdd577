"""Writes a training out for timm's own `train.py`: images, arguments and the command.

timm's script lies in its repository (https://github.com/huggingface/pytorch-image-models), not in
the package; the names of its arguments are those of version 1.0.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from synthset.errors import RecipeError, UsageError
from synthset.experiment.single import Splits, write_vocabulary
from synthset.images import encode
from synthset.recipe.default_network import SMALL_PX
from synthset.recipe.single import Single
from synthset.recipe.training import TimmModel
from synthset.store.files import replace_file
from synthset.store.folder import LocalFolder
from synthset.taxonomy.names import ClassNames
from synthset.training.labelled import LabelledImages
from synthset.training.pixels import Prepared

ARGUMENTS, COMMAND, CONFIG = "args.yaml", "command.sh", "config.json"
POLICIES = {"none": None, "trivial": None, "rand": "rand-m9-n2"}
BLOCK = 256  # images that are prepared at a time


def write_timm(images: Splits, settings: Single, folder: Path) -> Path:
    """Write `train/`, `validation/` and `test/` by class, `args.yaml` and `command.sh`; and the
    classes, in `classes.json` and as timm's own models have them, in `config.json`.

    The images are written as the model sees them, as PNG files of the final size, so that timm's
    own resize has nothing left to do.

    Args:
        images: of `read_splits`.
        settings: what `synthset train` would do.
        folder: new or empty.

    Returns:
        The file with the command.

    Raises:
        RecipeError: the model is none of timm's.
        UsageError: the folder holds something.
    """
    model = settings.model
    if not isinstance(model, TimmModel):
        found = f"found {model.kind}, which timm doesn't have"
        raise RecipeError("model.kind", found, "set it to timm, as in --set model=resnet18")
    if folder.is_file() or LocalFolder(folder).names():
        raise UsageError(f"{folder}: is not empty; name a new folder")
    arguments = to_timm_arguments(len(images.train), len(images.classes), model, settings)
    for name, part in (
        ("train", images.train),
        ("validation", images.val),
        ("test", images.test),
    ):
        if part is not None:
            _write_images(part, images.classes, settings, folder / name)
    write_vocabulary(images.names, folder)
    described = json.dumps(make_config(model, images.names), ensure_ascii=False, indent=1)
    replace_file(folder / CONFIG, (described + "\n").encode())
    replace_file(folder / ARGUMENTS, yaml.safe_dump(arguments, sort_keys=False).encode())
    lines = [f"# {note}" for note in name_differences(model, settings)]
    place = shlex.quote(str(folder.resolve()))
    lines.append(f"python train.py --config {place}/{ARGUMENTS} --data-dir {place}")
    replace_file(folder / COMMAND, ("\n".join(lines) + "\n").encode())
    return folder / COMMAND


def make_config(model: TimmModel, classes: Sequence[ClassNames]) -> dict[str, Any]:
    """Describe the model that timm's script will train as timm describes its own: a class is named
    by its WordNet number, and described by its name, where it has one.

    >>> dog = ClassNames(["dog"], "n02084071")
    >>> found = make_config(TimmModel(kind="timm", name="resnet18"), [dog])
    >>> found["label_names"], found["label_descriptions"]
    (['n02084071'], {'n02084071': 'dog'})
    """
    called = [names.wnid or names[0] for names in classes]
    if len(set(called)) < len(called):  # two classes of one synset are told apart by name
        called = [names[0] for names in classes]
    described = {one: names[0] for one, names in zip(called, classes, strict=True)}
    return {
        "architecture": model.name,
        "num_classes": len(classes),
        "label_names": called,
        "label_descriptions": {one: name for one, name in described.items() if one != name},
    }


def to_timm_arguments(
    count: int, classes: int, model: TimmModel, settings: Single
) -> dict[str, Any]:
    """Say a training in timm's arguments.

    Args:
        count: training images.
        classes: K.
        model: the network.
        settings: the rest.
    """
    training, size = settings.training, settings.preprocessing.size_px
    changes = training.augmentation
    batch = min(training.batch_size, count)
    epochs = max(1, round(training.updates / (count // batch)))  # timm drops an epoch's last part
    found: dict[str, Any] = {
        "model": model.name,
        "initial_checkpoint": str(Path(model.weights).resolve()) if model.weights else "",
        "num_classes": classes,
        "drop": model.dropout,
        "input_size": [3, size, size],
        "crop_pct": 1.0,
        "batch_size": batch,
        "opt": "sgd" if training.optimizer == "sgd" else "adamw",
        "momentum": training.momentum,
        "weight_decay": training.weight_decay,
        "clip_grad": training.clip_norm,
        "sched": "cosine",
        "sched_on_updates": True,
        "lr": training.learning_rate,
        "warmup_lr": 0.0,
        "min_lr": 0.0,
        "warmup_epochs": round(training.warm_up * epochs),
        "warmup_prefix": False,
        "cooldown_epochs": 0,
        "epochs": epochs,
        "scale": [min(changes.crop, round((1 - changes.shift) ** 2, 4)), 1.0],
        "ratio": [1.0, 1.0] if changes.crop == 1 else [0.75, round(4 / 3, 4)],
        "hflip": 0.5 if changes.flip else 0.0,
        "color_jitter": 0.0,
        "aa": POLICIES[changes.policy],
        "reprob": changes.erase,
        "mixup": changes.mixup,
        "cutmix": changes.cutmix,
        "smoothing": training.label_smoothing,
        "model_ema": training.ema is not None,
        "amp": training.precision != "float32",
        "amp_dtype": "float16" if training.precision == "float16" else "bfloat16",
        "channels_last": True,
        "seed": settings.seed,
    }
    if training.ema is not None:
        found["model_ema_decay"] = training.ema
    return found


def name_differences(model: TimmModel, settings: Single) -> list[str]:
    """Name what timm's script does otherwise."""
    loss, changes = settings.loss, settings.training.augmentation
    small = model.stem == "small" or (
        model.stem == "auto"
        and not model.weights
        and "resnet" in model.name
        and settings.preprocessing.size_px <= SMALL_PX
    )
    plain = loss.kind == "cross_entropy" and loss.class_weights == "none"
    found = {
        "timm has no small stem, so it trains the model's own first layers": small,
        "timm has no TrivialAugment, so no policy is used": changes.policy == "trivial",
        "timm doesn't shift images; it crops and enlarges them as much": changes.shift > 0,
        "timm has no focal loss, no LDAM and no class weights": not plain,
        "timm draws classes in proportion to their images": loss.sampling == "balanced",
        "noise and random margins are drawn only once": settings.preprocessing.noise > 0
        or settings.preprocessing.random_margins > 0,
    }
    return [note for note, holds in found.items() if holds]


def _write_images(
    images: LabelledImages, classes: tuple[str, ...], settings: Single, folder: Path
) -> None:
    """Write PNG files; a class's folder begins with its label, which timm sorts by."""
    digits = len(str(len(classes) - 1))
    names = [
        f"{label:0{digits}d}_{''.join(c if c.isalnum() else '_' for c in name)}"
        for label, name in enumerate(classes)
    ]
    for name in names:
        (folder / name).mkdir(parents=True)
    prepared = Prepared(images, settings.preprocessing, training=folder.name == "train")
    for start in range(0, len(images), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(images)))
        for row, pixels in zip(rows.tolist(), prepared.take(rows), strict=True):
            place = folder / names[images.labels[row]] / f"{row:08d}.png"
            replace_file(place, encode(pixels, "png"), durable=False)
