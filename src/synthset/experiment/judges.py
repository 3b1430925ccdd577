"""Lets a classifier that has seen only an arm's own images choose those that the arm adds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from synthset.experiment.arms import PartLimits, Rows, compose, open_set, select_classes
from synthset.experiment.sets import Sets
from synthset.experiment.tasks import run_tasks
from synthset.experiment.trials import Counter, Job, fit, identify_training, make_job
from synthset.recipe.arms import Arm, ArmPart, Choice
from synthset.results.judge_cost import JudgeCost
from synthset.seeds import fingerprint
from synthset.store.files import replace_file, write_aside
from synthset.training.checkpoint import CONFIG, read_config
from synthset.training.labelled import LabelledImages

VERSION = 1  # changes when the same judge would rank the same images in another way
FOLDER = "choices"  # of the ranks, beside the trials
SECONDS = ".json"  # beside ranks: what they took

#: Seed and arm -> for each of its candidates the limits of `parts` and `pretrain`.
Rankings = Mapping[tuple[int, str], Sequence[Mapping[str, PartLimits]]]


@dataclass(frozen=True)
class SetRanking:
    """Images of a set that are to be ranked, in this process or another.

    Attributes:
        judge: the training whose classifier ranks them.
        images: N of them, in the order in which they would be drawn.
        rows: (N,) of the set.
        total: images of the set.
        files: way to choose -> where their (N,) ranks are kept; -1 for one that can't be chosen.
    """

    judge: Job
    images: LabelledImages
    rows: Rows
    total: int
    files: Mapping[Choice, Path]

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"choice from {', '.join(self.images.names)} by {self.judge.title}"

    @property
    def size(self) -> int:
        """Images."""
        return len(self.images)


def choose_images(sets: Sets, planned: Sequence[Job], workers: int | None) -> Rankings:
    """Train the judges that aren't trained yet, rank what arms choose from, and bill the judges to
    `sets.judges`.

    Args:
        sets: of the experiment.
        planned: trainings of the arms that choose nothing: one that is a judge's, or that an arm
            names, is the judge.
        workers: trainings at a time; none takes the experiment's.

    Raises:
        RecipeError: an arm can't be composed; no judge has been trained.
        StageError: trainings failed; those that are finished are kept.
    """
    experiment, trained = sets.experiment, _find_trainings(sets, planned)
    wanted: dict[tuple[int, str], list[dict[ArmPart, SetRanking]]] = {}
    for seed in experiment.seeds:
        for i, arm in enumerate(experiment.arms):
            for one in arm.candidates if arm.choosing else ():
                judge = _plan_judge(sets, one, seed, f"arms[{i}]", planned)
                judge = replace(judge, folder=trained.get(identify_training(judge), judge.folder))
                rankings = {part: _plan_ranking(sets, judge, part) for part in arm.choosing}
                wanted.setdefault((seed, arm.name), []).append(rankings)
    every = (one for each in wanted.values() for mine in each for one in mine.values())
    _rank(every, sets, workers)
    sets.judges = _bill_judges(wanted, {job.folder: job.arm.name for job in planned})
    return {key: [_read(rankings) for rankings in each] for key, each in wanted.items()}


def _rank(rankings: Iterable[SetRanking], sets: Sets, workers: int | None) -> None:
    """Train the judges, and rank, as far as that isn't done: one task ranks the same images in all
    ways, so that the judge sees them once."""
    tasks: dict[tuple[Path, str], SetRanking] = {}
    for one in rankings:
        if not all(file.exists() for file in one.files.values()):
            key = one.judge.folder, one.images.content
            tasks[key] = replace(one, files={**tasks.get(key, one).files, **one.files})
    todo = list(tasks.values())
    judges = {one.judge.folder: one.judge for one in todo}
    untrained = [job for job in judges.values() if not (job.folder / CONFIG).exists()]
    if untrained:
        sets.bar.start("training judges", sum(job.size for job in untrained))
        run_tasks(untrained, open_judges, (), sets.experiment, workers, sets.bar)
    if todo:
        sets.bar.start("choosing images", sum(one.size for one in todo))
        run_tasks(todo, open_rankings, (), sets.experiment, workers, sets.bar)


def _bill_judges(
    wanted: Mapping[tuple[int, str], Sequence[Mapping[ArmPart, SetRanking]]],
    arms: Mapping[Path, str],
) -> tuple[JudgeCost, ...]:
    """Add up over seeds what each judge took: those of one arm, or for the same arms, are one."""
    users: dict[Path, dict[str, None]] = {}
    files: dict[Path, set[Path]] = {}
    seeds: dict[Path, int] = {}
    for (seed, arm), each in wanted.items():
        for one in (one for rankings in each for one in rankings.values()):
            folder = one.judge.folder
            users.setdefault(folder, {})[arm] = None
            files.setdefault(folder, set()).update(one.files.values())
            seeds[folder] = seed
    groups: dict[tuple[str | None, tuple[str, ...]], list[Path]] = {}
    for folder, names in users.items():
        groups.setdefault((arms.get(folder), tuple(names)), []).append(folder)
    return tuple(
        JudgeCost(
            arm=arm,
            used_by=names,
            seeds=tuple(sorted({seeds[one] for one in folders})),
            training_s=_add_seconds(one / CONFIG for one in folders),
            ranking_s=_add_seconds(
                file.with_suffix(SECONDS) for one in folders for file in files[one]
            ),
        )
        for (arm, names), folders in groups.items()
    )


def _add_seconds(files: Iterable[Path]) -> float | None:
    """Add up the seconds that files tell of; None as soon as one isn't there."""
    kept = list(files)
    if not all(one.exists() for one in kept):
        return None
    return float(sum(json.loads(one.read_text(encoding="utf-8"))["seconds"] for one in kept))


def _read(rankings: Mapping[ArmPart, SetRanking]) -> dict[str, PartLimits]:
    """The kept ranks, by part and row of its set."""
    ranks = {}
    for part, one in rankings.items():
        (file,) = one.files.values()
        ranks[part] = np.full(one.total, -1, np.int64)
        ranks[part][one.rows] = np.load(file, allow_pickle=False)
    return dict.fromkeys(("parts", "pretrain"), PartLimits(ranks))


def _plan_judge(sets: Sets, arm: Arm, seed: int, where: str, planned: Sequence[Job]) -> Job:
    """The judge of an arm: the training of the arm that it names, or of its own first parts."""
    if arm.judge:
        return next(job for job in planned if (job.seed, job.arm.name) == (seed, arm.judge))
    drawn, names = sets.draw_split(seed), [one[0] for one in sets.real.classes]
    judge = arm.own_judge
    train = compose(judge.parts, sets, drawn, f"{where}.parts")
    return make_job(sets, judge, seed, None, train.draw_by(judge.schedule, names))


def _find_trainings(sets: Sets, planned: Iterable[Job]) -> dict[str, Path]:
    """Folders of trainings by what they are: those that are finished, then those of arms."""
    found = {identify_training(job): job.folder for job in planned}
    for path in sorted((sets.folder / "trials").glob(f"*/{CONFIG}")):
        config = read_config(path.parent) or {}
        found[config["task"]] = path.parent
    return found


def _plan_ranking(sets: Sets, judge: Job, part: ArmPart) -> SetRanking:
    """The ranking of the images that a part may choose from."""
    assert part.choose is not None
    source, drawn = open_set(part.set, sets, sets.draw_split(judge.seed))
    asked = np.flatnonzero(select_classes(part, sets.real, part.set))
    rows = drawn.rows[np.isin(source.labels[drawn.rows], asked)]
    images = source.images.label_rows(source.labels, rows, part.set)
    name = fingerprint([VERSION, identify_training(judge), part.choose, images.content])
    file = sets.folder / FOLDER / f"{part.choose}-{name}.npy"
    return SetRanking(judge, images, rows, len(source.labels), {part.choose: file})


def open_judges() -> Callable[[Job, Callable[[int], None]], None]:
    """Say what trains a judge, in whatever process this is."""
    return train_judge


def train_judge(job: Job, advance: Callable[[int], None]) -> None:
    """Train a judge; it reads no test image.

    Args:
        job: what is to be done.
        advance: told of each so many updates.
    """
    fit(job, Counter(advance))


def open_rankings() -> Callable[[SetRanking, Callable[[int], None]], None]:
    """Say what ranks images, in whatever process this is."""
    return rank_images


def rank_images(task: SetRanking, advance: Callable[[int], None]) -> None:
    """Rank images of a set by a trained judge, class by class, in each way, and keep the ranks.

    Args:
        task: what is to be done.
        advance: told of the images when they are ranked.
    """
    from synthset.experiment.suites.answers import judge_images
    from synthset.selection.judged import RANKED_BY

    begun = time.monotonic()
    seen = judge_images(task.judge, task.images)
    looked_s = (time.monotonic() - begun) / len(task.files)  # of each way its share
    others = {"nearest": _real(task.judge), "influence": task.judge.val}
    for way, file in task.files.items():
        begun = time.monotonic()
        beside = judge_images(task.judge, others[way]) if way in others else seen
        ranks = np.full(len(task.images), -1, np.int64)
        for label in np.unique(seen.labels).tolist():
            rows = np.flatnonzero(seen.labels == label)
            order = rows[RANKED_BY[way](seen.take(rows), beside)]
            ranks[order] = np.arange(len(order))
        seconds = round(looked_s + time.monotonic() - begun, 3)
        replace_file(file.with_suffix(SECONDS), json.dumps({"seconds": seconds}).encode())
        with write_aside(file) as aside, aside.open("wb") as opened:
            np.save(opened, ranks)
    advance(task.size)


def _real(judge: Job) -> LabelledImages:
    """The real images that a judge was trained on."""
    images = judge.train.images
    real = images.names.index("real") if "real" in images.names else -1
    return images.take(np.flatnonzero(images.origins == real))
