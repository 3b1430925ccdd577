"""Plans the trainings of an experiment: of every arm and seed, one for each of its candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synthset.experiment.arms import Composed, PartLimits, compose
from synthset.experiment.judges import choose_images
from synthset.experiment.sets import Sets
from synthset.experiment.trials import Job, make_job, shorten
from synthset.experiment.tuning import refuse_few
from synthset.recipe.arms import Arm

Jobs = tuple[Job, ...]  # one for each candidate of an arm


def plan_jobs(sets: Sets, workers: int | None) -> list[Jobs]:
    """Compose the images of every arm and seed, seed by seed, so that all arms are there from the
    first seed on. Sets that don't exist yet are made here, and the judges are trained by which arms
    choose images.

    Args:
        sets: of the experiment.
        workers: trainings at a time; none takes the experiment's.

    Returns:
        For each arm and seed a job, or one for each of the draws that it chooses from.

    Raises:
        RecipeError: an arm can't be composed, or too few validation images would choose.
        StageError: judges failed; those that are finished are kept.
    """
    experiment = sets.experiment
    arms = {arm.name: (f"arms[{i}]", arm) for i, arm in enumerate(experiment.arms)}
    found: dict[tuple[int, str], Jobs] = {}
    for seed in experiment.seeds:
        for where, arm in arms.values():
            refuse_few(arm, where, sets, seed)
            found[seed, arm.name] = _compose_arm(sets, where, arm.draw_randomly(), seed)
    choosing = {name: arm for name, (_, arm) in arms.items() if arm.choosing}
    known = [job for (_, name), jobs in found.items() if name not in choosing for job in jobs]
    rankings = choose_images(sets, known, workers) if choosing else {}
    for seed in experiment.seeds if choosing else ():
        for name in choosing:
            found[seed, name] = _compose_arm(sets, *arms[name], seed, rankings[seed, name])
        for name, like in experiment.random_controls.items():
            counts = [_count(job) for job in found[seed, like]]
            found[seed, name] = _compose_arm(sets, *arms[name], seed, counts)
    return list(found.values())


def plan_smaller(jobs: Sequence[Job]) -> list[Job]:
    """The trainings of the smaller budget: of each arm with the draws and images of the full one.

    Args:
        jobs: of the full budget, with the draws that were chosen.
    """
    return [shorten(job) for job in jobs if job.seed in job.experiment.smaller_seeds]


def _compose_arm(
    sets: Sets,
    where: str,
    arm: Arm,
    seed: int,
    limits: Sequence[Mapping[str, PartLimits]] = (),
) -> Jobs:
    """The jobs of an arm and seed; with limits of `parts` and `pretrain` for each candidate."""
    drawn, names = sets.draw_split(seed), [one[0] for one in sets.real.classes]
    jobs, composed = [], dict[str, Composed]()
    for number, one in enumerate(arm.candidates):
        if not composed or limits:
            limited = limits[number] if limits else {}
            composed = {
                field: compose(parts, sets, drawn, f"{where}.{field}", limited.get(field))
                for field, parts in (("parts", arm.parts), ("pretrain", arm.pretrain))
                if parts
            }
        train = composed["parts"].draw_by(one.schedule, names)
        jobs.append(make_job(sets, one, seed, composed.get("pretrain"), train))
    return tuple(jobs)


def _count(job: Job) -> dict[str, PartLimits]:
    """The images of each part of a job, as the most that its control takes."""
    before = job.pretrain.counts if job.pretrain else ()
    return {"parts": PartLimits(counts=job.train.counts), "pretrain": PartLimits(counts=before)}
