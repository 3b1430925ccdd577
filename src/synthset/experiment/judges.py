"""Lets a classifier that has seen only an arm's own images choose those that the arm adds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synthset.experiment.arms import PartLimits, Rows, compose, open_set, select_classes
from synthset.experiment.sets import Sets
from synthset.experiment.tasks import run_tasks
from synthset.experiment.trials import Counter, Job, fit, identify_training, make_job
from synthset.recipe.arms import Arm, ArmPart, Choice
from synthset.seeds import fingerprint
from synthset.store.files import write_aside
from synthset.training.checkpoint import CONFIG, read_config
from synthset.training.labelled import LabelledImages

if TYPE_CHECKING:
    from synthset.selection.judged import JudgedImages

VERSION = 1  # changes when the same judge would rank the same images in another way
FOLDER = "choices"  # of the ranks, beside the trials

#: Seed and arm -> for each of its candidates the limits of `parts` and `pretrain`.
Rankings = Mapping[tuple[int, str], Sequence[Mapping[str, PartLimits]]]


@dataclass(frozen=True)
class SetRanking:
    """Images of a set that are to be ranked, in this process or another.

    Attributes:
        judge: the training whose classifier ranks them.
        choose: by what.
        images: N of them, in the order in which they would be drawn.
        rows: (N,) of the set.
        total: images of the set.
        file: where their (N,) ranks are kept; -1 for one that can't be chosen.
    """

    judge: Job
    choose: Choice
    images: LabelledImages
    rows: Rows
    total: int
    file: Path

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.choose} by the {self.judge.title.removeprefix('arm ')}"

    @property
    def size(self) -> int:
        """Images."""
        return len(self.images)


def choose_images(sets: Sets, planned: Iterable[Job], workers: int | None) -> Rankings:
    """Train the judges that aren't trained yet, and rank what arms choose from.

    Args:
        sets: of the experiment.
        planned: trainings of the arms that choose nothing: one that is a judge's is its judge.
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
                judge = _plan_judge(sets, one, seed, f"arms[{i}]", trained)
                rankings = {part: _plan_ranking(sets, judge, part) for part in arm.choosing}
                wanted.setdefault((seed, arm.name), []).append(rankings)
    every = (one for each in wanted.values() for mine in each for one in mine.values())
    _rank(every, sets, workers)
    return {key: [_read(rankings) for rankings in each] for key, each in wanted.items()}


def _rank(rankings: Iterable[SetRanking], sets: Sets, workers: int | None) -> None:
    """Train the judges, and rank, as far as that isn't done."""
    todo = {one.file: one for one in rankings if not one.file.exists()}
    judges = {one.judge.folder: one.judge for one in todo.values()}
    untrained = [job for job in judges.values() if not (job.folder / CONFIG).exists()]
    if untrained:
        sets.bar.start("training judges", sum(job.size for job in untrained))
        run_tasks(untrained, open_judges, (), sets.experiment, workers, sets.bar)
    if todo:
        sets.bar.start("choosing images", sum(one.size for one in todo.values()))
        run_tasks(list(todo.values()), open_rankings, (), sets.experiment, workers, sets.bar)


def _read(rankings: Mapping[ArmPart, SetRanking]) -> dict[str, PartLimits]:
    """The kept ranks, by part and row of its set."""
    ranks = {}
    for part, one in rankings.items():
        ranks[part] = np.full(one.total, -1, np.int64)
        ranks[part][one.rows] = np.load(one.file, allow_pickle=False)
    return dict.fromkeys(("parts", "pretrain"), PartLimits(ranks))


def _plan_judge(sets: Sets, arm: Arm, seed: int, where: str, trained: Mapping[str, Path]) -> Job:
    """The judge of an arm, in the folder of the same training where there is one."""
    drawn, names = sets.draw_split(seed), [one[0] for one in sets.real.classes]
    train = compose(arm.judge.parts, sets, drawn, f"{where}.parts")
    job = make_job(sets, arm.judge, seed, None, train.draw_by(arm.judge.schedule, names))
    return replace(job, folder=trained.get(identify_training(job), job.folder))


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
    return SetRanking(judge, part.choose, images, rows, len(source.labels), file)


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
    """Rank images of a set by a trained judge, class by class, and keep the ranks.

    Args:
        task: what is to be done.
        advance: told of the images when they are ranked.
    """
    from synthset.selection.judged import RANKED_BY

    seen = _ask(task, task.images)
    others = {"nearest": _real(task.judge), "influence": task.judge.val}.get(task.choose)
    beside = seen if others is None else _ask(task, others)
    ranks = np.full(len(task.images), -1, np.int64)
    for label in np.unique(seen.labels).tolist():
        rows = np.flatnonzero(seen.labels == label)
        order = rows[RANKED_BY[task.choose](seen.take(rows), beside)]
        ranks[order] = np.arange(len(order))
    with write_aside(task.file) as aside, aside.open("wb") as file:
        np.save(file, ranks)
    advance(task.size)


def _real(judge: Job) -> LabelledImages:
    """The real images that a judge was trained on."""
    images = judge.train.images
    real = images.names.index("real") if "real" in images.names else -1
    return images.take(np.flatnonzero(images.origins == real))


def _ask(task: SetRanking, images: LabelledImages) -> JudgedImages:
    """Ask the judge what the ranking needs."""
    from synthset.experiment.suites.answers import predict_probabilities, read_features
    from synthset.selection.judged import JudgedImages

    nothing: NDArray[np.float32] = np.zeros((len(images), 0), np.float32)
    said = nothing if task.choose == "nearest" else predict_probabilities(task.judge, images)
    seen = task.choose in ("nearest", "diverse", "influence")
    return JudgedImages(images.labels, said, read_features(task.judge, images) if seen else nothing)
