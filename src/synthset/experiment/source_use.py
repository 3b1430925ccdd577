"""After the trainings: do classifiers answer by the source of an image?

A source that says something about the class stands for one class most of all. On its images of
other classes, held out from training, how much more often is that class the answer than on real
test images of the same classes? A control that has never seen the source shows how much of that is
due to what the images look like.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synthset.experiment.arms import open_set
from synthset.experiment.sets import Sets
from synthset.experiment.trials import Job
from synthset.metrics.statistics.classification import mutual_information
from synthset.metrics.statistics.intervals import Interval, normal_interval
from synthset.results.source_leak import BITS
from synthset.results.source_use import TrialSourceUse
from synthset.results.trial import Trial
from synthset.seeds import fingerprint
from synthset.store.files import replace_file
from synthset.training.checkpoint import MODEL
from synthset.training.labelled import LabelledImages

VERSION = 1  # changes when the same classifier would be asked otherwise
MOST = 2000  # images of a source: seconds at 32 px
PER_CLASS, FEWEST = 200, 20  # of them

Asked = tuple[Job, Trial]


def measure_source_use(
    sets: Sets, jobs: Sequence[Job], trials: Sequence[Trial]
) -> tuple[Trial, ...]:
    """Measure each trial whose source says something about the class; what was asked is kept.

    Args:
        sets: of the experiment.
        jobs: finished.
        trials: of these jobs.
    """
    if not any(find_cue(trial.draws or trial.counts) for trial in trials):
        return tuple(trials)
    pairs, found = list(zip(jobs, trials, strict=True)), []
    known = {(job.arm.name, job.seed): (job, trial) for job, trial in pairs}
    sets.bar.start("sources", len(pairs))
    for job, trial in pairs:
        control = known.get((str(job.arm.control), job.seed))
        found.append(replace(trial, source_use=_measure(sets, job, trial, control)))
        sets.bar.advance(1)
    sets.bar.stop()
    return tuple(found)


def find_cue(draws: Mapping[str, NDArray[np.int64]]) -> tuple[str, int] | None:
    """Find the generated source that says most about the class, and the class that it stands for.

    Args:
        draws: source -> (K,) how often its images of each class are drawn.

    Returns:
        None where sources say next to nothing.
    """
    table = np.stack(list(draws.values()))  # (S, K)
    if mutual_information(table) < BITS:
        return None
    shares = table / table.sum()
    every = shares.sum(axis=0)
    said = {}
    for name, mine in zip(draws, shares, strict=True):
        there = mine > 0
        own = mine[there] / mine.sum()
        said[name] = float((mine[there] * np.log2(own / every[there])).sum())
    source = max((name for name in said if name != "real"), key=said.__getitem__, default=None)
    if source is None:
        return None
    mine = table[list(draws).index(source)]
    return source, int(np.argmax(mine / mine.sum() - every))


def _measure(sets: Sets, job: Job, trial: Trial, control: Asked | None) -> TrialSourceUse | None:
    cue = find_cue(trial.draws or trial.counts)
    if cue is None:
        return None
    source, label = cue
    found = TrialSourceUse(source, sets.real.classes[label][0])
    images = _hold_out(sets, job, source, label)
    if not len(images):
        lacking = (
            f"no other class has {FEWEST} test images and as many in {source} that the arm doesn't "
            "train on"
        )
        return replace(found, missing=lacking)
    excess = _compare(job, trial, images, label)
    if excess is None:
        return replace(found, missing="the classifier is no longer there")
    if control is not None and source not in {*control[1].counts, *control[1].pretrain_counts}:
        found = replace(found, control=_compare(*control, images, label))
    return replace(found, excess=excess)


def _hold_out(sets: Sets, job: Job, source: str, label: int) -> LabelledImages:
    """Images of a source that the job doesn't train on, as many of each class but one; of classes
    with too few of them, or too few test images, none."""
    found, drawn = open_set(source, sets, sets.draw_split(job.seed))
    used = {*job.train.images.keys, *(job.pretrain.images.keys if job.pretrain else ())}
    rows = np.array([one for one in drawn.rows if found.images.contents[one] not in used], np.int64)
    tested = np.bincount(job.test.labels, minlength=job.classes)
    by_class = {k: rows[found.labels[rows] == k] for k in np.flatnonzero(tested >= FEWEST).tolist()}
    enough = [mine for k, mine in by_class.items() if k != label and len(mine) >= FEWEST]
    enough = enough[: MOST // FEWEST]
    each = min(PER_CLASS, MOST // max(1, len(enough)), *map(len, enough))
    chosen = np.concatenate([rows[:0], *(mine[:each] for mine in enough)])
    return found.images.label_rows(found.labels, chosen, source)


def _compare(job: Job, trial: Trial, images: LabelledImages, label: int) -> Interval | None:
    """Share of answers on these images less that on real test images of the same classes; None
    where the classifier isn't there to be asked."""
    said = _ask(job, images)
    if said is None:
        return None
    classes = np.unique(images.labels)
    real = trial.probabilities.argmax(axis=1)
    sides = ((images.labels, said), (trial.labels, real))
    counts = [[(labels == k).sum() for k in classes] for labels, _ in sides]
    answers = [[((labels == k) & (seen == label)).sum() for k in classes] for labels, seen in sides]
    return subtract_shares(np.array(answers), np.array(counts))


def subtract_shares(answers: NDArray[np.int64], counts: NDArray[np.int64]) -> Interval:
    """Mean over classes of the first row's shares less the second's, with a 95 % interval.

    The errors are binomial, of shares with one more image of either kind, so that a share of 0 has
    an error as well; classes weigh the same.

    Args:
        answers: (2, C) images that were answered so.
        counts: (2, C) images, not 0.
    """
    shares, smooth = answers / counts, (answers + 1) / (counts + 2)
    variance = (smooth * (1 - smooth) / (counts + 2)).sum() / answers.shape[1] ** 2
    return normal_interval(float((shares[0] - shares[1]).mean()), float(variance**0.5))


def _ask(job: Job, images: LabelledImages) -> NDArray[np.int64] | None:
    """Classes that the classifier of a job answers, kept beside it."""
    file = job.folder / f"answers-{fingerprint([VERSION, images.content])}.json"
    if file.exists():
        return np.array(json.loads(file.read_text(encoding="utf-8")), np.int64)
    if not (job.folder / MODEL).exists():
        return None
    from synthset.experiment.suites.answers import predict_probabilities

    said: NDArray[np.int64] = predict_probabilities(job, images).argmax(axis=1)
    replace_file(file, json.dumps(said.tolist()).encode())
    return said
