"""One arm over its seeds: figures with intervals, confusion, curves, calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthset.metrics.statistics.classification import (
    OF_A_CLASS,
    OF_ALL,
    Array,
    confusion_matrix,
    reliability,
)
from synthset.metrics.statistics.operating_curves import Curves, curves, mean_curves
from synthset.recipe.experiment import Arm
from synthset.results.differences import Measured
from synthset.results.estimate import Estimate, estimate
from synthset.results.trial import Trial

OF_FOCUS = ("focus_recall", "focus_precision", "focus_f1")


@dataclass(frozen=True, eq=False)
class ArmJudgement:
    """One arm over its seeds.

    Attributes:
        name: of the arm.
        text: a few words for tables.
        seeds: of its trials.
        training: origin -> (K,) training images, mean over seeds.
        pretraining: the same of the pre-training; empty without one.
        whole: measure -> estimate: `OF_ALL`, and `OF_FOCUS` (mean over the focus classes).
        classes: measure of `OF_A_CLASS` -> an estimate for each class.
        confusion: (K, K) counts, summed over seeds: row is the class, column what it was taken for.
        curves: mean over seeds of the ROC and PR curves.
        reliability: (3, 15) images, summed top probability and images right of each bin.
        chosen: update that was kept, of each seed.
        seconds: wall time of each seed.
    """

    name: str
    text: str
    seeds: tuple[int, ...]
    training: Mapping[str, Array]
    pretraining: Mapping[str, Array]
    whole: Mapping[str, Estimate]
    classes: Mapping[str, tuple[Estimate, ...]]
    confusion: Array
    curves: Curves
    reliability: Array
    chosen: tuple[int, ...]
    seconds: tuple[float, ...]


def judge_arm(arm: Arm, found: Sequence[Measured], focus: Sequence[int]) -> ArmJudgement:
    """Join the seeds of an arm.

    Args:
        arm: for its name and words.
        found: its trials with their figures, one a seed.
        focus: labels that come first.
    """
    trials = [one.trial for one in found]
    labels = [trial.labels for trial in trials]
    predicted = [trial.probabilities.argmax(axis=1) for trial in trials]
    count = trials[0].probabilities.shape[1]
    confusion = np.sum(
        [confusion_matrix(*pair, count) for pair in zip(labels, predicted, strict=True)], axis=0
    )
    images = confusion.sum(axis=1) / len(trials)  # of one seed
    taken = confusion.sum(axis=0) / len(trials)

    def joined(name: str, on: float | None = None) -> Estimate:
        return estimate([one.figures[name] for one in found], on)

    whole = {name: joined(name) for name in (*OF_FOCUS, *OF_ALL) if name in found[0].figures}
    whole["accuracy"] = joined("accuracy", float(images.sum()))
    if len(focus) == 1:
        whole["focus_recall"] = joined("focus_recall", float(images[focus[0]]))
        whole["focus_precision"] = joined("focus_precision", float(taken[focus[0]]))
    on = {"recall": images, "precision": taken}
    return ArmJudgement(
        name=arm.name,
        text=arm.text or arm.name,
        seeds=tuple(trial.seed for trial in trials),
        training=_mean_counts([trial.counts for trial in trials], count),
        pretraining=_mean_counts([trial.pretrain_counts for trial in trials], count),
        whole=whole,
        classes={
            name: tuple(
                joined(f"{name} {i}", float(on[name][i]) if name in on else None)
                for i in range(count)
            )
            for name in OF_A_CLASS
        },
        confusion=confusion,
        curves=mean_curves([curves(trial.labels, trial.probabilities) for trial in trials]),
        reliability=np.sum([_reliability(trial) for trial in trials], axis=0),
        chosen=tuple(trial.chosen for trial in trials),
        seconds=tuple(trial.seconds for trial in trials),
    )


def _reliability(trial: Trial) -> Array:
    probabilities = trial.probabilities.astype(np.float64)
    right = probabilities.argmax(axis=1) == trial.labels
    return np.stack(reliability(probabilities, right))


def _mean_counts(counts: Sequence[Mapping[str, NDArray[np.int64]]], size: int) -> dict[str, Array]:
    origins = dict.fromkeys(origin for one in counts for origin in one)
    nothing = np.zeros(size)
    return {
        origin: np.mean([one.get(origin, nothing) for one in counts], axis=0) for origin in origins
    }
