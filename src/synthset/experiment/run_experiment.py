"""Runs an experiment: splits, sets, trainings, judgement, page. Does what is missing, and nothing
else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthset.errors import DatasetError, explains_refusals
from synthset.experiment.arms import Composed, Rowwise, compose
from synthset.experiment.cases import cases, preprocessing_steps
from synthset.experiment.images import Collection
from synthset.experiment.sets import Sets
from synthset.experiment.splits import RealSplit, Split, read_real, split
from synthset.experiment.trial_processes import run_jobs
from synthset.experiment.trials import Job, read_trial, trial_name
from synthset.machine import ProgressBar, Silent, count_workers
from synthset.pages.experiment.experiment_page import write_experiment_page
from synthset.recipe.experiment import Arm, Experiment, load_experiment
from synthset.results.judgement import Judgement, judge
from synthset.results.trial import Trial
from synthset.store.folder import LocalFolder
from synthset.store.lock import locked
from synthset.store.remote import on_disk
from synthset.training.labelled import LabelledImages

MARK = "experiment.json"


@dataclass(frozen=True)
class Done:
    """A finished experiment.

    Attributes:
        folder: where it lies.
        experiment: what was asked.
        classes: names in label order.
        trials: one for each arm and seed.
        judgement: what they are worth.
        page: the report.
    """

    folder: Path
    experiment: Experiment
    classes: tuple[str, ...]
    trials: tuple[Trial, ...]
    judgement: Judgement
    page: Path


@explains_refusals()
def run_experiment(
    experiment: Experiment | str | Path | Mapping[str, Any],
    output: str | os.PathLike[str] | None = None,
    *,
    size: str | None = None,
    overrides: Sequence[str] = (),
    workers: int | None = None,
    bar: ProgressBar | None = None,
) -> Done:
    """Train and judge every arm of an experiment.

    Finished sets and trainings are kept: a killed run goes on where it stopped, a new arm trains
    alone, and nothing is deleted.

    Args:
        experiment: an experiment, its file, or its content.
        output: its folder; none takes `./<name>`.
        size: one of its `sizes`.
        overrides: changes such as `training.updates=100`.
        workers: trainings at a time; none takes the experiment's.
        bar: told how far it is; none stays quiet.

    Raises:
        RecipeError: it asks for something impossible; no training has begun.
        StageError: trainings failed; those that are finished are kept.
    """
    if not isinstance(experiment, Experiment):
        experiment = load_experiment(experiment, size, overrides)
    folder = on_disk(experiment.name if output is None else output, "-o")
    real = read_real(experiment.real)
    with claimed(folder, experiment):
        jobs = train(Sets(folder, experiment, real, bar or Silent()), workers)
        return conclude(folder, experiment, real, jobs)


@contextmanager
def claimed(folder: Path, experiment: Experiment) -> Iterator[None]:
    """Hold a new or empty folder, or one of an experiment, and write the experiment down.

    Raises:
        DatasetError: it holds something else.
    """
    _claim(folder, experiment)
    place = LocalFolder(folder)
    with locked(place):
        place.discard_temporaries("")
        place.replace("experiment.yaml", experiment.to_yaml().encode())
        yield


def train(sets: Sets, workers: int | None) -> list[Job]:
    """Make the sets that are missing, and train what isn't trained.

    Args:
        sets: of the experiment, whose folder is held.
        workers: trainings at a time; none takes the experiment's.

    Raises:
        RecipeError: an arm can't be composed; no training has begun.
        StageError: trainings failed; those that are finished are kept.
    """
    experiment = sets.experiment
    jobs = plan_jobs(sets.folder, experiment, sets.real, sets)
    settings = experiment.training
    asked = workers if workers is not None else experiment.workers
    todo = sum(not job.finished for job in jobs)
    count = count_workers(asked, todo, settings.device, settings.threads)
    run_jobs(jobs, count, sets.bar)
    return jobs


def plan_jobs(folder: Path, experiment: Experiment, real: RealSplit, sets: Sets) -> list[Job]:
    """Compose the images of every arm and seed, seed by seed, so that all arms are there from the
    first seed on. Sets that don't exist yet are made here.

    Raises:
        RecipeError: an arm can't be composed.
    """
    jobs = []
    for seed in experiment.seeds:
        drawn = split(
            experiment.real, real, seed if experiment.real.redraw else experiment.seeds[0]
        )
        for i, arm in enumerate(experiment.arms):
            where = f"arms[{i}]"
            train = compose(arm.parts, real, drawn, sets, f"{where}.parts")
            before = None
            if arm.pretrain:
                before = compose(arm.pretrain, real, drawn, sets, f"{where}.pretrain")
            jobs.append(_job(folder, experiment, real, arm, seed, drawn, before, train))
    return jobs


def _job(
    folder: Path,
    experiment: Experiment,
    real: RealSplit,
    arm: Arm,
    seed: int,
    drawn: Split,
    before: Composed | None,
    train: Composed,
) -> Job:
    val, test = held_out(real, drawn)
    images = {"train": train.images, "val": val, "test": test}
    if before is not None:
        images["pretrain"] = before.images
    return Job(
        arm=arm,
        seed=seed,
        experiment=experiment,
        pretrain=before,
        train=train,
        val=val,
        test=test,
        classes=len(real.classes),
        folder=folder / "trials" / trial_name(experiment, arm, seed, images),
    )


def held_out(real: RealSplit, drawn: Split) -> tuple[LabelledImages, LabelledImages]:
    """Validation and test images of a split."""
    test = real.images if real.test is None else real.test
    tested = real.labels if real.test is None else real.test_labels
    return (
        labelled(real.images, real.labels, drawn.val),
        labelled(test, tested, drawn.test),
    )


def labelled(
    images: Collection, labels: NDArray[np.int64], rows: NDArray[np.int64]
) -> LabelledImages:
    """Take some rows of a collection, in the given order, with labels of the experiment."""
    return LabelledImages(
        read=Rowwise(images.read, rows),
        labels=labels[rows],
        origins=np.zeros(len(rows), np.int16),
        names=("real",),
        keys=tuple(images.contents[row] for row in rows.tolist()),
    )


def conclude(folder: Path, experiment: Experiment, real: RealSplit, jobs: Sequence[Job]) -> Done:
    """Judge the finished trials and write the page."""
    classes = tuple(names[0] for names in real.classes)
    trials = tuple(read_trial(job.folder) for job in jobs)
    judgement = judge(experiment, trials, classes)
    judgement = replace(judgement, notes=(*real.notes, *judgement.notes))
    page = write_experiment_page(
        folder / "report",
        experiment,
        judgement,
        trials,
        classes,
        preprocessing_steps(experiment, jobs),
        cases(experiment, jobs, real.classes),
    )
    return Done(folder, experiment, classes, trials, judgement, page)


def _claim(folder: Path, experiment: Experiment) -> None:
    """Take a new or empty folder, or one of an experiment.

    Raises:
        DatasetError: it holds something else.
    """
    place = LocalFolder(folder)
    strangers = place.names()
    if strangers and MARK not in strangers:
        raise DatasetError(
            f"{folder}: holds {', '.join(strangers[:3])}{' …' if len(strangers) > 3 else ''} "
            f"and no {MARK}; name a new or empty folder with -o, so that nothing of yours is "
            "touched"
        )
    place.replace(MARK, json.dumps({"format": 1, "name": experiment.name}).encode())
