"""Trains one classifier on any labelled images: what `synthset train` does."""

from __future__ import annotations

import json
import os
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synthset.errors import RecipeError, Unlabelled, UsageError, list_names, raise_storage_errors
from synthset.experiment.images import (
    ClassNames,
    Collection,
    collect_found,
    join_labels,
    list_kept,
    name_place,
)
from synthset.experiment.places import Places, SplitImages
from synthset.experiment.places import find_places as find_places
from synthset.experiment.single_judgement import judge_training, make_job, write_training_page
from synthset.experiment.splits import note_conflicts
from synthset.experiment.trials import train_job, write_trial
from synthset.formats.columns import Columns
from synthset.formats.manifest import Passed
from synthset.formats.scan import list_units, refuse_test
from synthset.formats.tree import get_name
from synthset.litter import is_litter
from synthset.machine import ProgressBar, is_first_process
from synthset.notebook_bar import default_bar
from synthset.recipe.paths import FolderPath
from synthset.recipe.single import Single, load_single
from synthset.recipe.sources import Folder as FolderSettings
from synthset.results.judgement import Judgement
from synthset.results.trial import Trial
from synthset.seeds import digest
from synthset.store.files import replace_file
from synthset.store.pool_index import is_dataset
from synthset.store.remote import parse_place, require_on_disk
from synthset.taxonomy.label_conflicts import Rule, apply_rule, find_label_conflicts
from synthset.taxonomy.vocabularies import FILE, write_classes
from synthset.training.checkpoint import CONFIG, STATE
from synthset.training.labelled import LabelledImages
from synthset.training.task import Fitted


@dataclass(frozen=True)
class Splits:
    """The images of one training.

    Attributes:
        path: what names the training images.
        names: all that each class is called, in label order.
        train, val: images.
        test: images, if there are any.
        copies: training images left out because validation or test have the same bytes, under the
            same label.
        notes: what else was left out.
        found: what each place was read as, its classes, and what lies there, in words.
    """

    path: FolderPath
    names: tuple[ClassNames, ...]
    train: LabelledImages
    val: LabelledImages
    test: LabelledImages | None
    copies: int
    notes: tuple[str, ...] = ()
    found: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """ClassNames in label order."""
        return tuple(one[0] for one in self.names)


@dataclass(frozen=True)
class Trained:
    """What a training gave.

    Attributes:
        fitted: the classifier.
        images: with which it was trained and tested.
        judged_by: `test`, or `val` where there is no test.
        trial: its predictions for these.
        judgement: its figures, as for an arm of an experiment.
        page: that shows it, with figures and tables beside it; None where another process of the
            training writes it.
    """

    fitted: Fitted
    images: Splits
    judged_by: str
    trial: Trial
    judgement: Judgement
    page: Path | None = None


@raise_storage_errors()
def train(
    data: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    val: str | os.PathLike[str] | None = None,
    test: str | os.PathLike[str] | None = None,
    val_fraction: float = 0.1,
    image_column: str | None = None,
    label_column: str | None = None,
    config: str | Path | None = None,
    overrides: Sequence[str] = (),
    bar: ProgressBar | None = None,
) -> Trained:
    """Train a classifier on any labelled images, and judge it once.

    A training that was killed continues where it stopped.

    Args:
        data: images by class: a dataset, an export, folders, Parquet or tar files.
        output: folder of the training.
        val: images for choosing the weights; none means the split that `data` has, or one that is
            split off.
        test: images that are used once, at the end; none means the split that `data` has, if any.
        val_fraction: share of each class that is split off, in (0, 1).
        image_column: of tables; none looks for it.
        label_column: likewise.
        config: YAML file with model, preprocessing, training, loss and seed; none means defaults.
        overrides: changes to it, such as `model=resnet18`.
        bar: shows the progress; none shows a bar in notebooks and is quiet elsewhere.

    Returns:
        The classifier, the images, and how good it is; the page lies in `report/` of the folder.

    Raises:
        RecipeError: nothing is there, classes don't fit, or a class is too small to split.
        UsageError: the folder holds something else.
    """
    settings, bar = load_single(config, overrides), bar or default_bar()
    columns = Columns(image_column, label_column)
    images = read_images(data, settings, val, test, val_fraction, columns)
    for line in images.found:
        bar.say(line)
    folder = require_on_disk(output, "-o")
    trained = train_single(images, settings, folder, bar)
    if not is_first_process():
        return trained
    job = make_job(images, settings, folder)
    page = write_training_page(job, trained.trial, trained.judgement, settings)
    return replace(trained, page=page)


def read_images(
    data: str | os.PathLike[str],
    settings: Single,
    val: str | os.PathLike[str] | None,
    test: str | os.PathLike[str] | None,
    val_fraction: float,
    columns: Columns,
) -> Splits:
    """Find the splits of a training, and list their images, as `train` does."""
    validate, judge = (None if one is None else parse_place(os.fspath(one)) for one in (val, test))
    places = find_places(parse_place(os.fspath(data)), validate, judge, columns)
    return read_splits(places, val_fraction, settings.seed, settings.conflicts)


def read_splits(places: Places, val_fraction: float, seed: int, conflicts: Rule = "drop") -> Splits:
    """List all images, and split validation off if there is none.

    Args:
        places: where they lie.
        val_fraction: share of each class, in (0, 1), two classes of one image are refused.
        seed: decides the split, with the images' bytes.
        conflicts: rule for bytes under several labels; such images never validate, unless they are
            named as `val`.

    Raises:
        RecipeError: nothing is there, classes don't fit, or a class is too small to split.
    """
    train = _collect(places.train, "DATA")
    names = train.classes
    there = np.bincount(train.labels, minlength=len(names)) > 0
    if there.sum() < 2:
        found = "; ".join(
            [f"there is only one class ({names[int(there.argmax())][0]})", *train.notes]
        )
        raise RecipeError("DATA", found, "a classifier needs at least two")
    others, unlabelled = dict[str, Collection](), list[str]()
    for name, part in (("val", places.val), ("test", places.test)):
        try:
            if part is not None:
                others[name] = _collect(part, f"--{name}", tests=name == "test")
        except Unlabelled as fault:
            if part is None or part.layout.root != places.train.layout.root:
                raise
            found = fault.problems[0].found
            unlabelled.append(f"the {name} split is left out: {found}")
    labels = {
        name: join_labels(other, names, f"--{name}", True, "give both the same folders or labels")
        for name, other in others.items()
    }
    if "test" in others:
        _require_each_class(labels["test"], names, there)
    torn = find_label_conflicts(
        chain(train.contents, *(other.contents for other in others.values())),
        chain(train.labels.tolist(), *(one.tolist() for one in labels.values())),
    )
    known = {content for other in others.values() for content in other.contents}
    used = apply_rule(train.contents, train.labels.tolist(), conflicts)
    left_out = known | (torn.keys() if conflicts == "drop" else set())
    # In the order of their bytes' hashes, so that the same images train the same in any layout.
    order = sorted(range(len(train)), key=train.contents.__getitem__)
    rows = np.array([i for i in order if used[i] and train.contents[i] not in left_out], np.int64)
    _require_own_images(train.labels[rows], names, there)
    held = np.empty(0, np.int64)
    if "val" not in others:
        held, rows = _split(train, rows, val_fraction, seed, torn)
    sets = {name: other.label_rows(labels[name]) for name, other in others.items()}
    return Splits(
        places.train.path,
        tuple(names),
        train.label_rows(train.labels, rows),
        sets["val"] if "val" in sets else train.label_rows(train.labels, held),
        sets.get("test"),
        sum(content in known and content not in torn for content in train.contents),
        (
            *unlabelled,
            *_notes(places, {"DATA": train, **{f"--{name}": one for name, one in others.items()}}),
            *note_conflicts(torn, known, [one[0] for one in names], conflicts),
            *(
                [f"there is no image of {list_names(empty)}"]
                if (empty := _name_empty(names, there))
                else []
            ),
        ),
        tuple(
            f"{name}: {said}"
            for name, one in {"DATA": train, **{f"--{k}": v for k, v in others.items()}}.items()
            for said in one.found
        ),
    )


@raise_storage_errors()
def train_single(images: Splits, settings: Single, folder: Path, bar: ProgressBar) -> Trained:
    """Train, then ask the test images once.

    Args:
        images: of `read_splits`.
        settings: model, preprocessing, budget.
        folder: of this training; it is gone on with if it was begun.
        bar: shows the updates.

    Raises:
        UsageError: the folder holds something else.
    """
    _refuse_foreign(folder)
    job = make_job(images, settings, folder)
    fitted, trial = train_job(job, bar)
    if is_first_process():
        write_vocabulary(images.names, folder)
        write_trial(folder, trial)
    judged_by = "val" if images.test is None else "test"
    return Trained(fitted, images, judged_by, trial, judge_training(job, trial, images))


def write_vocabulary(names: Sequence[ClassNames], folder: Path) -> None:
    """Write the classes beside a model's weights."""
    text = json.dumps(write_classes(names), ensure_ascii=False, indent=1) + "\n"
    replace_file(folder / FILE, text.encode())


def _name_empty(names: Sequence[ClassNames], there: NDArray[np.bool_]) -> list[str]:
    return [repr(one[0]) for one, is_there in zip(names, there, strict=True) if not is_there]


def _require_each_class(
    labels: NDArray[np.int64], names: Sequence[ClassNames], there: NDArray[np.bool_]
) -> None:
    """Balanced accuracy over some of the classes would be no balanced accuracy."""
    lacking = [
        one[0] for label, one in enumerate(names) if there[label] and not (labels == label).any()
    ]
    if lacking:
        listed = ", ".join(map(repr, lacking[:5])) + (", …" if len(lacking) > 5 else "")
        found = f"class {listed} has no test image"
        raise RecipeError("--test", found, "add some, or train without that class")


def _require_own_images(
    labels: NDArray[np.int64], names: Sequence[ClassNames], there: NDArray[np.bool_]
) -> None:
    """A class that had images is never trained without any of them."""
    bare = there & (np.bincount(labels, minlength=len(names)) == 0)
    if bare.any():
        taken = "are also in validation or test, or have conflicting labels"
        found = f"all images of class {list_names(_name_empty(names, ~bare))} {taken}"
        raise RecipeError("DATA", found, "add others, or correct the splits")


def _refuse_foreign(folder: Path) -> None:
    """A dataset or an export has a `classes.json` as well, and anybody a `model.safetensors`."""
    inside = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    others = sorted(name for name in inside if not is_litter(name))
    if others and not inside & {CONFIG, STATE}:
        found = f"{folder}: contains {others[0]}" + (", …" if len(others) > 1 else "")
        raise UsageError(f"{found}, but no training; name a new folder")


def _notes(places: Places, images: Mapping[str, Collection]) -> tuple[str, ...]:
    """Say what lies there and was left out."""
    strange = [get_name(path) for path in places.left_out]
    notes = (
        [f"left out because their names are not those of splits: {list_names(strange)}"]
        if strange
        else []
    )
    notes += [f"{name}: {note}" for name, one in images.items() for note in one.notes]
    return tuple(notes)


def _collect(part: SplitImages, where: str, tests: bool = False) -> Collection:
    """List the images of a split; where it doesn't test, a test split is refused."""
    root = part.layout.root
    if is_dataset(root):
        return list_kept(str(root), where)
    settings = FolderSettings(kind="folder", paths=(part.path,))
    if not tests:
        layout = replace(part.layout, units=part.units)
        refuse_test(root, layout, part.path.split, where)
    passed = Passed()
    found = list(list_units(part.layout, part.units, part.path, where, passed))
    with name_place(where):
        return collect_found(found, settings, passed)


def _split(
    images: Collection,
    rows: NDArray[np.int64],
    fraction: float,
    seed: int,
    torn: Container[str],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split each class by a hash of seed and bytes: rows that validate, and rows that train. What
    is torn between labels only trains."""
    held: list[int] = []
    for label, names in enumerate(images.classes):
        if not (images.labels == label).any():
            continue
        mine = [int(row) for row in rows if images.labels[row] == label]
        by_content: dict[str, list[int]] = {}
        for row in mine:
            by_content.setdefault(images.contents[row], []).append(row)
        sure = (content for content in by_content if content not in torn)
        order = sorted(sure, key=lambda content: digest([seed, content]))
        if len(order) < 2:
            found = (
                f"class {names[0]!r} has too few distinct images for training and validation: "
                f"{len(order)}"
            )
            raise RecipeError(
                "DATA", found, "give it at least two, or name validation images with --val"
            )
        count = min(max(1, round(fraction * len(order))), len(order) - 1)
        held += [row for content in order[:count] for row in by_content[content]]
    taken = set(held)
    return (
        np.array([row for row in rows if row in taken], np.int64),
        np.array([row for row in rows if row not in taken], np.int64),
    )
