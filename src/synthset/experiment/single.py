"""Trains one classifier on any labelled images: what `synthset train` does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synthset.engine.local import Bar
from synthset.errors import RecipeError, UsageError, explains_refusals
from synthset.experiment.hub_columns import hub_columns
from synthset.experiment.images import Collection, Names, collect, joined
from synthset.generators.found import SPLITS
from synthset.metrics.classification import Measures, measures
from synthset.recipe.found import Found, Kept, Pictures
from synthset.recipe.paths import FolderPath
from synthset.recipe.single import Single
from synthset.seeds import digest
from synthset.store.remote import Place, Remote
from synthset.training.checkpoint import CONFIG, STATE
from synthset.training.labelled import Labelled
from synthset.training.task import Fitted, Stage, Task

DATASET = "dataset.json"  # in every folder that `synthset run` made
CLASSES = "classes.json"  # what is written beside the weights: names in label order
TRAIN = ("train", "training")
VAL = ("val", "validation", "valid", "dev")
TEST = ("test", "testing", "eval")


@dataclass(frozen=True)
class Places:
    """Where the images lie: each a path, or None where there are none apart.

    Attributes:
        train: images to train on.
        val: images that choose the weights; None splits them off.
        test: images that are asked once, at the end; None leaves the figures to validation.
    """

    train: Place
    val: Place | None = None
    test: Place | None = None


@dataclass(frozen=True)
class Splits:
    """The images of one training.

    Attributes:
        classes: names in label order.
        train, val: images.
        test: images, if there are any.
        copies: training images left out because validation or test have the same bytes.
    """

    classes: tuple[str, ...]
    train: Labelled
    val: Labelled
    test: Labelled | None
    copies: int


@dataclass(frozen=True)
class Trained:
    """What a training gave.

    Attributes:
        fitted: the classifier.
        images: that it was trained and judged with.
        judged_by: `test`, or `val` where there is no test.
        measures: on those.
    """

    fitted: Fitted
    images: Splits
    judged_by: str
    measures: Measures


def find_places(data: Place, val: Place | None, test: Place | None) -> Places:
    """Look for splits inside a folder, as exports and Hugging Face data sets have them.

    Args:
        data: a folder or file with images, or a folder of splits; from afar a dataset alone.
        val, test: given apart; they come before what lies in `data`.
    """
    if isinstance(data, Remote):
        return Places(data, val, test)
    inside = data / "data" if _splits(data / "data") else data
    found = {name.lower(): path for name, path in _splits(inside).items()}

    def named(names: Sequence[str]) -> Path | None:
        return next((found[name] for name in names if name in found), None)

    train = named(TRAIN)
    if train is None:
        return Places(data, val, test)
    return Places(train, val or named(VAL), test or named(TEST))


def _splits(folder: Path) -> dict[str, Path]:
    """Name the splits of a folder: folders of classes, or globs of Parquet and tar files."""
    if not folder.is_dir():
        return {}
    found = {}
    for path in sorted(folder.iterdir()):
        name = path.name.split("-")[0].split(".")[0]
        if name.lower() not in SPLITS:
            continue
        if path.is_dir() and any(inner.is_dir() for inner in path.iterdir()):
            found[name] = path
        elif path.suffix in (".parquet", ".tar"):
            found[name] = folder / f"{name}[-.]*{path.suffix.lstrip('.')}"
    return found


def read_splits(places: Places, val_fraction: float, seed: int) -> Splits:
    """List all images, and split validation off if there is none.

    Args:
        places: where they lie.
        val_fraction: share of each class, in (0, 1), two classes of one image are refused.
        seed: decides the split, with the images' bytes.

    Raises:
        RecipeError: nothing is there, classes don't fit, or a class is too small to split.
    """
    _refuse_arrays(places.train)
    train = collect(_found(places.train), "DATA")
    names = train.classes
    if len(names) < 2:
        found = f"only one class ({names[0][0]}) in {places.train}"
        raise RecipeError("DATA", found, "a classifier tells at least two apart")
    others = {
        name: collect(_found(path), f"--{name}")
        for name, path in (("val", places.val), ("test", places.test))
        if path is not None
    }
    labels = {
        name: joined(other, names, f"--{name}", True, "give both the same folders or labels")
        for name, other in others.items()
    }
    if "test" in others:
        _require_each_class(labels["test"], names)
    known = {content for other in others.values() for content in other.contents}
    # In the order of their bytes' hashes, so that the same images train the same in any layout.
    order = sorted(range(len(train)), key=train.contents.__getitem__)
    rows = np.array([i for i in order if train.contents[i] not in known], np.int64)
    held = np.empty(0, np.int64)
    if "val" not in others:
        held, rows = _split(train, rows, val_fraction, seed)
    sets = {name: _labelled(other, labels[name], None) for name, other in others.items()}
    return Splits(
        tuple(one[0] for one in names),
        _labelled(train, train.labels, rows),
        sets["val"] if "val" in sets else _labelled(train, train.labels, held),
        sets.get("test"),
        len(train) - len(rows) - len(held),
    )


@explains_refusals()
def train_single(images: Splits, settings: Single, folder: Path, bar: Bar) -> Trained:
    """Train, then ask the test images once.

    Args:
        images: of `read_splits`.
        settings: model, preprocessing, budget.
        folder: of this training; it is gone on with if it was begun.
        bar: shows the updates.

    Raises:
        UsageError: the folder holds something else.
    """
    from synthset.training.predict import predict
    from synthset.training.train import train_classifier

    _refuse_foreign(folder)
    task = Task(
        (Stage("train", images.train, settings.training.updates),),
        images.val,
        len(images.classes),
        settings.model,
        settings.preprocessing,
        settings.training,
        settings.loss,
        settings.seed,
    )
    fitted = train_classifier(task, folder, bar)
    (folder / CLASSES).write_text(json.dumps(images.classes, ensure_ascii=False, indent=1) + "\n")
    asked = images.val if images.test is None else images.test
    training = settings.training
    said = predict(
        fitted.model,
        asked,
        settings.preprocessing,
        training.batch_size,
        training.device,
        training.precision,
    )
    judged_by = "val" if images.test is None else "test"
    return Trained(fitted, images, judged_by, measures(asked.labels, said))


def _require_each_class(labels: NDArray[np.int64], names: Sequence[Names]) -> None:
    """Balanced accuracy over some of the classes would be no balanced accuracy."""
    lacking = [one[0] for label, one in enumerate(names) if not (labels == label).any()]
    if lacking:
        listed = ", ".join(map(repr, lacking[:5])) + (", …" if len(lacking) > 5 else "")
        found = f"class {listed} has no test image"
        raise RecipeError("--test", found, "add some, or train without that class")


def _refuse_arrays(path: Place) -> None:
    if (path / "images.npy").is_file():
        found = f"{path} holds NumPy arrays, not encoded images"
        right = "export it as imagefolder, webdataset or parquet"
        raise RecipeError("DATA", found, right)


def _refuse_foreign(folder: Path) -> None:
    """A dataset or an export has a `classes.json` as well, and anybody a `model.safetensors`."""
    inside = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    others = sorted(name for name in inside if not name.startswith("."))
    if others and not inside & {CONFIG, STATE}:
        found = f"{folder}: holds {others[0]}" + (", …" if len(others) > 1 else "")
        raise UsageError(f"{found}, and is no training; name a new folder")


def _found(path: Place) -> Found:
    if (path / DATASET).is_file():
        return Kept(kind="dataset", path=str(path))
    if isinstance(path, Remote):
        right = "name a dataset that `synthset run` made there, or copy the images to this disk"
        raise RecipeError("DATA", f"{path} has no {DATASET}", right)
    return Pictures(kind="images", paths=(FolderPath(path=str(path), **hub_columns(path)),))


def _split(
    images: Collection, rows: NDArray[np.int64], fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split each class by a hash of seed and bytes: rows that validate, and rows that train."""
    held: list[int] = []
    for label, names in enumerate(images.classes):
        mine = [int(row) for row in rows if images.labels[row] == label]
        by_content: dict[str, list[int]] = {}
        for row in mine:
            by_content.setdefault(images.contents[row], []).append(row)
        order = sorted(by_content, key=lambda content: digest([seed, content]))
        if len(order) < 2:
            found = f"class {names[0]!r} has {len(order)} different image to train and validate"
            raise RecipeError("DATA", found, "give it two at least, or name images as --val")
        count = min(max(1, round(fraction * len(order))), len(order) - 1)
        held += [row for content in order[:count] for row in by_content[content]]
    taken = set(held)
    return (
        np.array([row for row in rows if row in taken], np.int64),
        np.array([row for row in rows if row not in taken], np.int64),
    )


def _labelled(
    images: Collection, labels: NDArray[np.int64], rows: NDArray[np.int64] | None
) -> Labelled:
    whole = Labelled(
        images.read, labels, np.zeros(len(labels), np.int16), ("real",), tuple(images.contents)
    )
    return whole if rows is None else whole.take(rows)
