"""One arm over its seeds: figures with intervals, confusion, curves, calibration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synthset.metrics.statistics.classification import (
    MATCHED,
    OF_A_CLASS,
    OF_ALL,
    Array,
    confusion_matrix,
    mutual_information,
    reliability,
)
from synthset.metrics.statistics.intervals import Interval
from synthset.metrics.statistics.operating_curves import average_curves, compute_curves
from synthset.recipe.arms import Arm
from synthset.results.figure import Better, ConfidenceInterval, Figure
from synthset.results.judge import Runs, estimate
from synthset.results.source_leak import PROBED, SourceLeak
from synthset.results.source_use import ASKED, SourceUse
from synthset.results.stored import Numbers, StoredCurves
from synthset.results.trial import Trial, Tuning

#: mean over the focus classes -> of which measure.
OF_FOCUS = {
    "focus_recall": "recall",
    "focus_precision": "precision",
    "focus_f1": "f1",
    "focus_average_precision": "average_precision",
    **{f"focus_{name}": name for name in MATCHED},
}


@dataclass(frozen=True, eq=False)
class MeasuredTrial:
    """A trial and its figures.

    Attributes:
        trial: that was measured.
        whole: measure of `OF_FOCUS` and `OF_ALL` -> (1 + draws,), the figure first.
        classes: measure of `OF_A_CLASS` -> (1 + draws, K).
    """

    trial: Trial
    whole: Mapping[str, Array]
    classes: Mapping[str, Array]

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """(N,) classes that the test images were taken for."""
        predicted: NDArray[np.int64] = self.trial.probabilities.argmax(axis=1)
        return predicted

    def right(self, label: int | None = None) -> NDArray[np.bool_]:
        """Which test images (of one class) it gets right."""
        right = self.predicted == self.trial.labels
        chosen: NDArray[np.bool_] = right if label is None else right[self.trial.labels == label]
        return chosen


@dataclass(frozen=True, eq=False)
class ArmTrials:
    """The trials of one arm, measured.

    Attributes:
        trials: seed -> trial.
        focus: labels that come first.
        confusion: (K, K) counts, summed over seeds.
    """

    trials: Mapping[int, MeasuredTrial]
    focus: tuple[int, ...]
    confusion: Array

    @classmethod
    def of(cls, trials: Mapping[int, MeasuredTrial], focus: Sequence[int]) -> ArmTrials:
        """Count what each class was taken for."""
        count = next(iter(trials.values())).trial.probabilities.shape[1]
        confusions = [
            confusion_matrix(one.trial.labels, one.predicted, count) for one in trials.values()
        ]
        return cls(trials, tuple(focus), np.sum(confusions, axis=0))

    def runs(self, measure: str, label: int | None = None) -> Runs:
        """One measure of the arm; with a label, of that class."""
        values = {
            seed: one.whole[measure] if label is None else one.classes[measure][:, label]
            for seed, one in self.trials.items()
        }
        better: Better = "lower" if measure == "ece" else "higher"
        if measure in OF_FOCUS and len(self.focus) == 1:
            measure, label = OF_FOCUS[measure], self.focus[0]
        if measure == "accuracy" or (measure == "recall" and label is not None):
            rows = slice(None) if label is None else label
            images = float(self.confusion[rows].sum()) / len(self.trials)
            right = {seed: one.right(label) for seed, one in self.trials.items()}
            return Runs(values, right, images, better=better)
        taken = None
        if measure == "precision" and label is not None:
            taken = float(self.confusion[:, label].sum()) / len(self.trials)
        return Runs(values, images=taken, better=better)


@dataclass(frozen=True, eq=False)
class ArmJudgement:
    """One arm over its seeds.

    Attributes:
        name: of the arm.
        text: a few words for tables.
        seeds: of its trials.
        training: origin -> (K,) training images, mean over seeds.
        pretraining: the same of the pre-training; empty without one.
        whole: measure of `OF_ALL`, and of `OF_FOCUS` (mean over the focus classes) -> its figure.
        classes: measure of `OF_A_CLASS` -> a figure for each class.
        confusion: (K, K) counts, summed over seeds: row is the class, column what it was taken for.
        curves: mean over seeds of the ROC and PR curves, of the classes and of their mean.
        reliability: (3, 15) images, summed top probability and images right of each bin.
        leak: what the source of an image tells of its class.
        control: name of the arm that it is compared with, if any: without generated images, or, for
            an arm that chooses its images, with as many at random.
        chosen: update that was kept, of each seed.
        seconds: wall time of each seed.
        tunings: how each seed's draws were chosen; empty where there was no choice.
        choices: set -> by what its images were chosen; empty where all were drawn at random.
        judge: name of the arm whose classifier chose them; None where one did that was trained on
            the arm's own earlier parts, or where nothing was chosen.
    """

    name: str
    text: str
    seeds: tuple[int, ...]
    training: Mapping[str, Numbers]
    pretraining: Mapping[str, Numbers]
    whole: Mapping[str, Figure]
    classes: Mapping[str, tuple[Figure, ...]]
    confusion: Numbers
    curves: StoredCurves
    reliability: Numbers
    leak: SourceLeak
    control: str | None
    chosen: tuple[int, ...]
    seconds: tuple[float, ...]
    tunings: tuple[Tuning, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    judge: str | None = None


def judge_arm(arm: Arm, found: ArmTrials) -> ArmJudgement:
    """Join the seeds of an arm.

    Args:
        arm: for its name and words.
        found: its trials.
    """
    trials, seeds = [one.trial for one in found.trials.values()], tuple(found.trials)
    count = len(found.confusion)
    measures = [name for name in (*OF_FOCUS, *OF_ALL) if found.focus or name not in OF_FOCUS]
    return ArmJudgement(
        name=arm.name,
        text=arm.text or arm.name,
        seeds=seeds,
        training=_mean_counts([trial.counts for trial in trials], count),
        pretraining=_mean_counts([trial.pretrain_counts for trial in trials], count),
        whole={name: estimate(found.runs(name), seeds) for name in measures},
        classes={
            name: tuple(estimate(found.runs(name, label), seeds) for label in range(count))
            for name in OF_A_CLASS
        },
        confusion=found.confusion,
        curves=average_curves(
            [compute_curves(trial.labels, trial.probabilities) for trial in trials]
        ),
        reliability=np.sum([_reliability(trial) for trial in trials], axis=0),
        leak=_find_leak(arm, trials, seeds),
        control=arm.control if isinstance(arm.control, str) else None,
        chosen=tuple(trial.chosen for trial in trials),
        seconds=tuple(trial.seconds for trial in trials),
        tunings=tuple(trial.tuning for trial in trials if trial.tuning is not None),
        choices={part.set: part.choose for part in arm.choosing if part.choose},
        judge=arm.judge,
    )


def _reliability(trial: Trial) -> Array:
    probabilities = trial.probabilities.astype(np.float64)
    right = probabilities.argmax(axis=1) == trial.labels
    return np.stack(reliability(probabilities, right))


def _find_leak(arm: Arm, trials: Sequence[Trial], seeds: Sequence[int]) -> SourceLeak:
    """Join what the trials say of sources; those that weren't probed say nothing of features."""
    draws = [np.stack(list((trial.draws or trial.counts).values())) for trial in trials]
    bits = float(np.mean([mutual_information(one) for one in draws]))
    leak = SourceLeak(bits, arm.loss.prior == "source", use=_find_use(trials, seeds))
    probes = [trial.source_probe for trial in trials if trial.source_probe is not None]
    if not probes:
        return leak
    means = [trial.source_probe.mean if trial.source_probe else None for trial in trials]
    return replace(
        leak,
        auc=_join_seeds(means, seeds, PROBED),
        probed=float(np.mean([len(one.areas) for one in probes])),
        skipped=float(np.mean([one.skipped for one in probes])),
    )


def _find_use(trials: Sequence[Trial], seeds: Sequence[int]) -> SourceUse | None:
    """Join what the trials say of one source and class: those that most of them name."""
    named = Counter(
        (one.source_use.source, one.source_use.class_name) for one in trials if one.source_use
    )
    if not named:
        return None
    cue = named.most_common(1)[0][0]
    found = [
        use if (use := one.source_use) and (use.source, use.class_name) == cue else None
        for one in trials
    ]
    excess, control = (
        _join_seeds([getattr(one, field, None) for one in found], seeds, ASKED)
        for field in ("excess", "control")
    )
    missing = next((one.missing for one in found if one and one.missing), "")
    return SourceUse(*cue, excess, control, missing)


def _join_seeds(found: Sequence[Interval | None], seeds: Sequence[int], method: str) -> Figure:
    """Mean over the seeds that have one; where seeds give no interval, since there is one or all
    are equal, it is the mean of their own."""
    values = {
        seed: np.array([np.nan if one is None else one.value])
        for seed, one in zip(seeds, found, strict=True)
    }
    figure, known = estimate(Runs(values), seeds), [one for one in found if one is not None]
    if not known or figure.interval is not None:
        return figure
    low, high = (float(np.mean([getattr(one, end) for one in known])) for end in ("low", "high"))
    return replace(figure, interval=ConfidenceInterval(low, high, method))


def _mean_counts(counts: Sequence[Mapping[str, NDArray[np.int64]]], size: int) -> dict[str, Array]:
    origins = dict.fromkeys(origin for one in counts for origin in one)
    nothing = np.zeros(size)
    return {
        origin: np.mean([one.get(origin, nothing) for one in counts], axis=0) for origin in origins
    }
