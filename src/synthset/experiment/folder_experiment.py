"""Plans an experiment for a folder of labelled images: what to compare, and what time allows."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from synthset.errors import UsageError
from synthset.experiment.images import Collection
from synthset.experiment.places import SplitImages, find_places
from synthset.experiment.splits import read_real, split
from synthset.images import decode
from synthset.machine import count_workers
from synthset.recipe.default_experiment import SMALLER_SHARE, Plan, compose_experiment
from synthset.recipe.experiment import Experiment, Real, load_experiment
from synthset.recipe.reading import override
from synthset.store.pool_index import is_dataset
from synthset.store.remote import parse_place
from synthset.training.speed import measure_speed

MINUTES = 8.0
SIZES = ((48, 32), (10**9, 64))  # shorter sides below this -> pixels that the network sees
LOOKED_AT = 50  # images whose size is read
BATCHES = ((1_000, 64), (5_000, 128), (10**12, 256))  # training images -> an update
FEWEST_UPDATES, MOST_DRAWN, EPOCHS = 150, 262_144, 60
MANY = 2_000  # training images beyond which three seeds are enough
WORKED = 0.7  # of the time that trains: the rest starts processes, reads, judges


@dataclass(frozen=True)
class Opened:
    """An experiment of a folder that can be run.

    Attributes:
        experiment: a new one, or the one that was begun.
        settings: of a new one, in short; what they leave out is the default.
        folder: where it runs.
        said: what was found and chosen, in words.
    """

    experiment: Experiment
    settings: dict[str, Any] | None
    folder: Path
    said: tuple[str, ...]


@dataclass(frozen=True)
class FolderExperiment:
    """An experiment that was planned for a folder.

    Attributes:
        settings: as `load_experiment` reads them.
        minutes: how long it takes, about.
        said: what was found and chosen, in words.
    """

    settings: dict[str, Any]
    minutes: float
    said: tuple[str, ...]


def open_experiment(
    data: str | os.PathLike[str],
    output: str | os.PathLike[str] | None,
    synthetic: Sequence[str | os.PathLike[str]] = (),
    minutes: float = MINUTES,
    overrides: Sequence[str] = (),
) -> Opened:
    """Plan an experiment for a folder, or go on with the one that `output` holds.

    Args:
        data, synthetic, minutes: of `plan_experiment`.
        output: its folder; none takes `./<name of the data>-experiment`.
        overrides: changes such as `training.updates=100`.

    Raises:
        RecipeError: nothing is there, or it can't be split.
        UsageError: `output` holds an experiment on other images.
    """
    folder = Path(output or f"{_name(data)}-experiment")
    begun = folder / "experiment.yaml"
    if begun.is_file():
        found = load_experiment(begun, overrides=overrides)
        _refuse_other(found, data, synthetic, folder)
        said = f"continues {begun}; name another -o to plan anew"
        return Opened(found, None, folder, (said,))
    planned = plan_experiment(data, synthetic, minutes)
    settings = deepcopy(planned.settings)
    for change in overrides:
        override(settings, change)
    return Opened(load_experiment(settings), settings, folder, planned.said)


def _refuse_other(
    found: Experiment,
    data: str | os.PathLike[str],
    synthetic: Sequence[str | os.PathLike[str]],
    folder: Path,
) -> None:
    train, test = _read_places(data)
    wanted = {"train": train, **({} if test is None else {"test": test})}
    sets = _read_sets(synthetic)
    real = Real.model_validate(wanted)
    others = {name: one for name, one in found.sets.items() if name in sets}
    same = (found.real.train, found.real.test) == (real.train, real.test) and set(others) == set(
        sets
    )
    if not same:
        raise UsageError(
            f"{folder}: holds an experiment on other images; name another folder with -o, or run "
            f"{folder / 'experiment.yaml'} as it stands"
        )


def plan_experiment(
    data: str | os.PathLike[str],
    synthetic: Sequence[str | os.PathLike[str]] = (),
    minutes: float = MINUTES,
) -> FolderExperiment:
    """Plan an experiment for a folder: its classes and splits, the remedies that they ask for, and
    a budget that this machine can meet.

    Args:
        data: images by class: folders, tables, archives, or a dataset.
        synthetic: generated images of these classes, each as `data`.
        minutes: how long all trainings together may take; the least budget may take longer.

    Raises:
        RecipeError: nothing is there, a class is too small, or a set has no image of the classes.
    """
    train, test = _read_places(data)
    sets = _read_sets(synthetic)
    real = Real.model_validate({"train": train, **({} if test is None else {"test": test})})
    found = read_real(real)
    drawn = split(real, found, 0)
    labels = np.bincount(found.labels[drawn.train], minlength=len(found.classes))
    counts = {names[0]: int(n) for names, n in zip(found.classes, labels, strict=True)}
    plan = Plan(
        name=_name(data),
        train=train,
        test=test,
        sets=sets,
        counts=counts,
        size_px=_choose_size(found.images),
        batch_size=_first(BATCHES, len(drawn.train)),
        seeds=3 if len(drawn.train) > MANY else 5,
    )
    return _fit_budget(plan, minutes)


def _fit_budget(plan: Plan, minutes: float) -> FolderExperiment:
    """Choose updates, and, where time is short, fewer seeds; and for how many of these there is
    time to train with half the updates as well.

    For all seeds where that costs the full budget nothing; else for the first one, which takes a
    tenth to a sixth of the time: a network that time leaves under-trained is the one whose verdict
    needs the check, but more of it would leave the network with still less training.
    """
    experiment = load_experiment(compose_experiment(plan))
    speed = measure_speed(experiment.model, experiment.training, plan.size_px, len(plan.counts))
    trainings = sum(len(arm.candidates) for arm in experiment.arms)
    images, arms = sum(plan.counts.values()), len(experiment.arms)
    most = max(FEWEST_UPDATES, min(MOST_DRAWN, EPOCHS * images) // plan.batch_size)

    def fit(seeds: int, again: int) -> tuple[int, float]:
        """Updates that time allows, and minutes that each of them takes in all trainings."""
        workers = count_workers(experiment.workers, trainings * seeds)
        whole = trainings * seeds + SMALLER_SHARE * arms * again
        each = whole * plan.batch_size / (60 * WORKED * speed * workers)
        return min(most, int(minutes / each)), each

    for seeds in range(plan.seeds, 2, -1):
        if fit(seeds, 0)[0] >= FEWEST_UPDATES:
            break
    again = next(
        (n for n, least in ((seeds, most), (1, FEWEST_UPDATES)) if fit(seeds, n)[0] >= least), 0
    )
    updates, each = fit(seeds, again)
    plan = replace(plan, seeds=seeds, updates=max(FEWEST_UPDATES, updates), smaller_seeds=again)
    workers, takes = count_workers(experiment.workers, trainings * seeds), each * plan.updates
    halves = f", and {arms * again} of half the updates" if again else ""
    said = (
        f"{speed:,.0f} images of {plan.size_px} px a second on each of {workers} workers",
        f"about {max(1, round(takes))} minutes: {trainings * seeds} trainings of {plan.updates:,} "
        f"updates of {plan.batch_size} images{halves}, {workers} at a time",
        *_explain(plan),
    )
    return FolderExperiment(compose_experiment(plan), takes, said)


def _explain(plan: Plan) -> tuple[str, ...]:
    rare = ", ".join(plan.rare)
    return (
        f"rare: {rare} (the largest class has three times as many images)"
        if rare
        else "no class is rare, so remedies for imbalance are left out",
        *(() if plan.sets else ("no generated images are compared; name some with --synthetic",)),
        "images are mirrored at random; where left and right mean something, add "
        "--set training.augmentation.flip=false",
    )


def _read_places(data: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Settings of the images to train and validate with, and of those to test with."""
    place = str(parse_place(os.fspath(data)))
    found = find_places(parse_place(os.fspath(data)))
    splits: dict[str, SplitImages | None] = {"val": found.val, "test": found.test}
    there = [name for name, one in splits.items() if one is not None]
    if not there:
        return _describe_images(place), None
    trained = ["train", *(name for name in there if name == "val")]
    test = _describe_images(place, ["test"]) if "test" in there else None
    return _describe_images(place, trained), test


def _read_sets(places: Sequence[str | os.PathLike[str]]) -> dict[str, dict[str, Any]]:
    """Settings of the generated images, by the name of their set."""
    return {
        name: _describe_images(str(parse_place(os.fspath(one))), origin=name)
        for name, one in _name_sets(places).items()
    }


def _describe_images(
    place: str, splits: Sequence[str | None] = (None,), origin: str = "real"
) -> dict[str, Any]:
    if is_dataset(parse_place(place)):
        return {"kind": "dataset", "path": place}
    paths = [
        {"path": place, "origin": origin, **({} if one is None else {"split": one})}
        for one in splits
    ]
    return {"kind": "images", "paths": paths}


def _name_sets(places: Sequence[str | os.PathLike[str]]) -> dict[str, str]:
    """Name each set by its folder; of two that are called alike, the second by a number."""
    named: dict[str, str] = {}
    for place in [os.fspath(one) for one in places]:
        name = _slug(Path(place).stem)
        name = "generated" if name in ("real", "nothing", "copies") else name
        count = sum(1 for one in named if one.rstrip("0123456789-") == name)
        named[f"{name}-{count + 1}" if count else name] = place
    return named


def _name(data: str | os.PathLike[str]) -> str:
    return _slug(Path(os.fspath(data)).resolve().stem)


def _slug(text: str) -> str:
    """A name as recipes want it."""
    found = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return found if found[:1].isalpha() else f"images-{found}".rstrip("-")


def _choose_size(images: Collection) -> int:
    """Pixels by the median of the shorter sides of some images."""
    rows = np.linspace(0, len(images) - 1, min(LOOKED_AT, len(images))).astype(int)
    sides = [min(decode(images.read(int(row))).shape[:2]) for row in rows]
    return _first(SIZES, float(np.median(sides)))


def _first(table: Sequence[tuple[int, int]], value: float) -> int:
    return next(chosen for below, chosen in table if value < below)
