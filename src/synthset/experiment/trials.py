"""Trains one arm once and keeps what came out; what is kept is never trained again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from synthset.experiment.arms import Composed
from synthset.experiment.probe_sources import probe_sources
from synthset.experiment.sets import Sets
from synthset.machine import ProgressBar, Silent, fix_torch_threads
from synthset.recipe.arms import Arm
from synthset.recipe.experiment import Experiment
from synthset.results.source_leak import SourceProbe
from synthset.results.trial import Look, Trial, Tuning
from synthset.seeds import fingerprint
from synthset.store.files import replace_file, write_aside
from synthset.training.labelled import LabelledImages

if TYPE_CHECKING:
    from synthset.training.task import Fitted

VERSION = "3"  # changes when the same trial would give other results
TABLE, FACTS = "trial.npz", "trial.json"
PROBES: TypeAdapter[SourceProbe | None] = TypeAdapter(SourceProbe | None)


@dataclass(frozen=True)
class Job:
    """A training that is to be done, in this process or another.

    Attributes:
        arm: of the experiment.
        seed: of split and training.
        experiment: for model, preprocessing and budget.
        pretrain: images of the first stage; None without one.
        train: images to train on.
        val: images that choose the checkpoint.
        test: images that are read once, at the end.
        classes: K.
        folder: where everything of it is kept.
        tuning: how its draws were chosen; None where there was no choice.
    """

    arm: Arm
    seed: int
    experiment: Experiment
    pretrain: Composed | None
    train: Composed
    val: LabelledImages
    test: LabelledImages
    classes: int
    folder: Path
    tuning: Tuning | None = None

    @property
    def title(self) -> str:
        """What messages call it."""
        budget = f", {self.size:,} updates" if self.experiment.smaller_budget else ""
        return f"arm {self.arm.name!r}, seed {self.seed}{budget}"

    @property
    def size(self) -> int:
        """Updates."""
        return self.experiment.training.updates

    @property
    def finished(self) -> bool:
        """Whether its result is there."""
        return (self.folder / FACTS).exists()

    def read(self) -> Trial:
        """Read its result."""
        return replace(read_trial(self.folder), tuning=self.tuning)


def make_job(sets: Sets, arm: Arm, seed: int, before: Composed | None, train: Composed) -> Job:
    """Describe the training of an arm with a seed.

    Args:
        sets: for validation and test images, and the folder.
        arm: its loss and draws.
        seed: of split and training.
        before: images of the pre-training; None without one.
        train: images to train on.
    """
    real, drawn = sets.real, sets.draw_split(seed)
    job = Job(
        arm=arm,
        seed=seed,
        experiment=sets.experiment,
        pretrain=before,
        train=train,
        val=real.take_validation(drawn),
        test=real.take_test(drawn),
        classes=len(real.classes),
        folder=sets.folder / "trials",
    )
    return replace(job, folder=job.folder / _name(job))


def shorten(job: Job) -> Job:
    """Describe the same training at the smaller budget."""
    updates = {"updates": job.experiment.smaller_updates}
    training = job.experiment.training.model_copy(update=updates)
    experiment = job.experiment.model_copy(update={"training": training})
    shorter = replace(job, experiment=experiment, tuning=None)
    return replace(shorter, folder=job.folder.parent / _name(shorter))


def _name(job: Job) -> str:
    images = {"train": job.train.images, "val": job.val, "test": job.test}
    if job.pretrain is not None:
        images["pretrain"] = job.pretrain.images
    return name_trial(job.experiment, job.arm, job.seed, images)


def name_trial(
    experiment: Experiment, arm: Arm, seed: int, images: Mapping[str, LabelledImages]
) -> str:
    """Name a trial by all that decides its result.

    Args:
        experiment: its model, preprocessing and budget.
        arm: its loss, and how its budget is shared.
        seed: of split and training.
        images: whatever is trained on and judged by, by role.
    """
    decides = {
        "version": VERSION,
        "seed": seed,
        "loss": arm.loss.identity(),
        "draws": {name: one.identity() for name, one in arm.draws.items()},
        **({"phases": [one.identity() for one in arm.phases]} if arm.phases else {}),
        **({"mix": arm.mix.identity()} if arm.mix else {}),
        "pretrain_share": arm.pretrain_share if arm.pretrain else None,
        "model": experiment.model.identity(),
        "preprocessing": experiment.preprocessing.identity(),
        "training": experiment.training.identity(),
        "images": {role: one.content for role, one in images.items()},
    }
    return f"{arm.name}-s{seed}-{fingerprint(decides)}"


def open_trials() -> Callable[[Job, Callable[[int], None]], None]:
    """Say what trains a job, in whatever process this is."""
    return run_trial


def run_trial(job: Job, advance: Callable[[int], None]) -> None:
    """Train, then read the test once, and keep the result.

    Args:
        job: what is to be done.
        advance: told of each so many updates.
    """
    _, trial = train_job(job, Counter(advance))
    write_trial(job.folder, trial)


def train_job(job: Job, bar: ProgressBar) -> tuple[Fitted, Trial]:
    """Train, then read the test once, and probe the classifier for the sources of its images.

    Args:
        job: what is to be done.
        bar: shows the updates.
    """
    fitted, said = train_and_ask(job, job.test, bar)
    return fitted, Trial(
        arm=job.arm.name,
        seed=job.seed,
        labels=job.test.labels,
        probabilities=said,
        counts=job.train.images.count_images(job.classes),
        pretrain_counts={}
        if job.pretrain is None
        else job.pretrain.images.count_images(job.classes),
        looks=fitted.looks,
        chosen=fitted.chosen,
        seconds=fitted.seconds,
        draws=_draws(job),
        short=(*(job.pretrain.short if job.pretrain else ()), *job.train.short),
        source_probe=_probe(job, fitted),
    )


def identify_training(job: Job) -> str:
    """Name what decides the weights of a job: arms of other names may have the same."""
    fingerprint: str = _task(job).fingerprint()
    return fingerprint


def fit(job: Job, bar: ProgressBar) -> Fitted:
    """Train, or load what was trained.

    Args:
        job: what is trained.
        bar: shows the updates.
    """
    from synthset.training.train import train_classifier

    return train_classifier(_task(job), job.folder, bar)


def train_and_ask(
    job: Job, images: LabelledImages, bar: ProgressBar
) -> tuple[Fitted, NDArray[np.float32]]:
    """Train, then ask of some images.

    Args:
        job: what is trained.
        images: N of them.
        bar: shows the updates.

    Returns:
        The classifier, and (N, K) probabilities.
    """
    from synthset.training.predict import predict

    settings = job.experiment.training
    fitted = fit(job, bar)
    with fix_torch_threads(settings.threads):
        said = predict(
            fitted.model,
            images,
            job.experiment.preprocessing,
            settings.batch_size,
            settings.device,
            settings.precision,
        )
    return fitted, said


def _probe(job: Job, fitted: Fitted) -> SourceProbe | None:
    """Probe what the classifier makes of its training images for where they are from."""
    from synthset.training.predict import extract_features

    settings, preprocessing = job.experiment.training, job.experiment.preprocessing
    how = (settings.batch_size, settings.device, settings.precision)
    with fix_torch_threads(settings.threads):
        return probe_sources(
            job.train.images,
            job.classes,
            lambda images: extract_features(fitted.model, images, preprocessing, *how),
        )


def _draws(job: Job) -> dict[str, NDArray[np.int64]]:
    """How often each source and class was drawn, in a turn or an epoch."""
    from synthset.training.draws import average_tables, count_draws

    images = job.train.images
    if job.train.draws:
        table = average_tables(job.train.draws)
    else:
        table = count_draws(images, job.classes, job.arm.loss.sampling)
    return dict(zip(images.names, table, strict=True))


def _task(job: Job) -> Any:
    from synthset.training.train import Task, TrainingStage

    settings = job.experiment.training
    first = round(job.arm.pretrain_share * settings.updates) if job.pretrain else 0
    train, updates = job.train, settings.updates - first
    stages = [TrainingStage("train", train.images, updates, train.draws, job.arm.mix)]
    if job.pretrain is not None:
        stages.insert(0, TrainingStage("pretrain", job.pretrain.images, first))
    return Task(
        stages=tuple(stages),
        val=job.val,
        classes=job.classes,
        model=job.experiment.model,
        preprocessing=job.experiment.preprocessing,
        training=settings,
        loss=job.arm.loss,
        seed=job.seed,
        lacking=True,  # a way of getting images may find none of a class: that is a result
    )


class Counter(Silent):
    """A bar that passes on how far a training is."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self._tell = advance

    def advance(self, rows: int) -> None:
        self._tell(rows)


def write_trial(folder: Path, trial: Trial) -> None:
    """Keep a trial: arrays in `trial.npz`, the rest in `trial.json`, which is written last."""
    with write_aside(folder / TABLE) as aside, aside.open("wb") as file:
        np.savez_compressed(file, labels=trial.labels, probabilities=trial.probabilities)
    facts = {
        "arm": trial.arm,
        "seed": trial.seed,
        "counts": _to_lists(trial.counts),
        "pretrain_counts": _to_lists(trial.pretrain_counts),
        "draws": _to_lists(trial.draws),
        "looks": [asdict(look) for look in trial.looks],
        "chosen": trial.chosen,
        "seconds": trial.seconds,
        "short": list(trial.short),
        "source_probe": PROBES.dump_python(trial.source_probe, mode="json"),
    }
    replace_file(folder / FACTS, json.dumps(facts, indent=1).encode())


def read_trial(folder: Path) -> Trial:
    """Read what `write_trial` kept."""
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    with np.load(folder / TABLE, allow_pickle=False) as arrays:
        labels, probabilities = arrays["labels"], arrays["probabilities"]
    return Trial(
        **{
            **facts,
            "labels": labels,
            "probabilities": probabilities,
            "counts": _to_arrays(facts["counts"]),
            "pretrain_counts": _to_arrays(facts["pretrain_counts"]),
            "draws": _to_arrays(facts["draws"]),
            "looks": tuple(Look(**look) for look in facts["looks"]),
            "short": tuple(facts["short"]),
            "source_probe": PROBES.validate_python(facts.get("source_probe")),
        }
    )


def _to_lists(counts: Mapping[str, NDArray[np.int64]]) -> dict[str, list[int]]:
    return {name: one.tolist() for name, one in counts.items()}


def _to_arrays(counts: Mapping[str, list[int]]) -> dict[str, NDArray[np.int64]]:
    return {name: np.array(one, np.int64) for name, one in counts.items()}
