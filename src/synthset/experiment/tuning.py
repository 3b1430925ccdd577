"""Chooses draws by validation: every candidate is trained, and no test image is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from synthset.errors import RecipeError
from synthset.experiment.sets import Sets
from synthset.experiment.tasks import run_tasks
from synthset.experiment.trials import Counter, Job, train_and_ask
from synthset.metrics.statistics.classification import measure_classifier, measure_matched
from synthset.recipe.arms import Arm
from synthset.recipe.experiment import Experiment
from synthset.results.stored import to_plain
from synthset.results.trial import Candidate, Tuning
from synthset.store.files import replace_file
from synthset.training.logit_shift import FEWEST

FIGURES = "validation.json"  # beside the training of a candidate


def refuse_few(arm: Arm, where: str, sets: Sets, seed: int) -> None:
    """Refuse a choice that chance would make.

    Args:
        arm: whose draws are to be chosen, or its images by their influence, or neither.
        where: place of the arm in the experiment.
        sets: for the validation images.
        seed: of the split.

    Raises:
        RecipeError: a class whose share or images are chosen has fewer than ten validation images.
    """
    _refuse_few(
        arm.tuned_classes, f"{where}.draws", sets, seed, "give one share in place of the list"
    )
    for field in ("pretrain", "parts"):
        for i, part in enumerate(getattr(arm, field)):
            if part.choose == "influence":
                names = part.classes or [one[0] for one in sets.real.classes]
                place = f"{where}.{field}[{i}].choose"
                _refuse_few(names, place, sets, seed, "choose by another measure")


def _refuse_few(names: Sequence[str], where: str, sets: Sets, seed: int, instead: str) -> None:
    val = sets.real.take_validation(sets.draw_split(seed))
    classes = [one[0] for one in sets.real.classes]
    images = np.bincount(val.labels, minlength=len(classes)).tolist()
    counts = dict(zip(classes, images, strict=True))
    for name in names:
        if counts.get(name, FEWEST) < FEWEST:
            found = f"{counts[name]} validation images of {name!r} (seed {seed}) are too few"
            right = (
                f"{FEWEST} are needed: raise real.val_fraction, set real.cut_validation: false, or "
                f"{instead}"
            )
            raise RecipeError(where, found, right)


def choose_draws(planned: Sequence[tuple[Job, ...]], sets: Sets, workers: int | None) -> list[Job]:
    """Train the candidates that aren't trained yet, and choose by their validation figures.

    Each seed chooses for itself, by the validation images of its own split: the intervals over
    seeds then hold for the choice as well, and no seed learns of another's test images.

    Args:
        planned: candidates of each arm and seed; a single one is taken as it is.
        sets: of the experiment.
        workers: trainings at a time; none takes the experiment's.

    Raises:
        StageError: trainings failed; those that are finished are kept.
    """
    groups = [group for group in planned if len(group) > 1]
    todo = [job for group in groups for job in group if not (job.folder / FIGURES).exists()]
    if todo:
        sets.bar.start("choosing draws", sum(job.size for job in todo))
        run_tasks(todo, open_candidates, (), sets.experiment, workers, sets.bar)
    names = [one[0] for one in sets.real.classes]
    return [_choose(group, sets.experiment, names) for group in planned]


def open_candidates() -> Callable[[Job, Callable[[int], None]], None]:
    """Say what tries a candidate, in whatever process this is."""
    return try_candidate


def try_candidate(job: Job, advance: Callable[[int], None]) -> None:
    """Train, and keep the figures of the validation split.

    Args:
        job: of the candidate.
        advance: told of each so many updates.
    """
    fitted, said = train_and_ask(job, job.val, Counter(advance))
    labels = job.val.labels
    found = measure_classifier(labels, said)
    there = np.unique(labels).tolist()
    matched = [
        measure_matched(labels, said, k)["matched_f1"][0] if k in there else np.nan
        for k in range(job.classes)
    ]
    classes = {**{name: values[0] for name, values in found.classes.items()}, "matched_f1": matched}
    figures = {
        "whole": {name: to_plain(values[0]) for name, values in found.whole.items()},
        "classes": {name: to_plain(np.array(values)) for name, values in classes.items()},
        "seconds": fitted.seconds,
    }
    replace_file(job.folder / FIGURES, json.dumps(figures, indent=1).encode())


def _choose(group: tuple[Job, ...], experiment: Experiment, names: Sequence[str]) -> Job:
    """The best of an arm's candidates, which knows of the others."""
    if len(group) == 1:
        return group[0]
    arm = next(one for one in experiment.arms if one.name == group[0].arm.name)
    counts = np.bincount(group[0].val.labels, minlength=len(names))
    tuned = [names.index(name) for name in arm.tuned_classes]
    of = tuned or np.flatnonzero(counts).tolist()
    found = [json.loads((job.folder / FIGURES).read_text(encoding="utf-8")) for job in group]
    candidates = tuple(
        Candidate(_describe(arm, job.arm), _figure(one, experiment.tuned_by, of), one["seconds"])
        for job, one in zip(group, found, strict=True)
    )
    figures = [one.figure for one in candidates]
    best = figures.index(max(figures))
    tuning = Tuning(experiment.tuned_by, int(counts[of].min()), candidates, best)
    return replace(group[best], tuning=tuning)


def _figure(found: dict[str, Any], by: str, labels: Sequence[int]) -> float:
    if by in found["whole"]:
        return float(found["whole"][by])
    return float(np.mean([found["classes"][by][label] for label in labels]))


def _describe(arm: Arm, chosen: Arm) -> str:
    """The shares that a candidate took, such as `cat in real 0.5 %`."""
    said = []
    for phase, own in zip(arm.schedule, chosen.schedule, strict=True):
        for name, draws in phase.draws.items():
            taken = own.draws[name]
            for key in draws.lists:
                share = taken.share if key == "share" else taken.classes[key]
                what = name if key == "share" else f"{key} in {name}"
                assert isinstance(share, float), share
                said.append(f"{what} {100 * share:.3g} %")
    return ", ".join(said)
