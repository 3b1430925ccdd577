"""What one training leaves for the judgement: what the classifier said of each test image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from synthset.results.source_leak import SourceProbe
from synthset.results.source_use import TrialSourceUse


@dataclass(frozen=True)
class Look:
    """What a training saw when it stopped to look.

    Attributes:
        update: optimiser steps done, counted over pre-training and training.
        train_loss: mean since the look before.
        val_loss: mean cross-entropy on the validation split.
        val_accuracy: share right, 0 to 1.
        val_balanced_accuracy: mean of the classes' recalls, 0 to 1.
        stage: `pretrain` or `train`.
    """

    update: int
    train_loss: float
    val_loss: float
    val_accuracy: float
    val_balanced_accuracy: float
    stage: str = "train"


@dataclass(frozen=True)
class Candidate:
    """Draws that an arm could have been trained with, and was.

    Attributes:
        text: the shares that were to be chosen.
        figure: of the validation split, higher is better.
        seconds: wall time of the training.
    """

    text: str
    figure: float
    seconds: float


@dataclass(frozen=True)
class Tuning:
    """How the validation split chose the draws of a trial; no test image was read for it.

    Attributes:
        by: measure of the figures.
        images: validation images of the rarest class whose share was chosen.
        candidates: in the order of the experiment.
        chosen: index of the best one, of equal ones the first.
    """

    by: str
    images: int
    candidates: tuple[Candidate, ...]
    chosen: int

    @property
    def seconds(self) -> float:
        """Wall time of the trainings that weren't chosen."""
        each = [one.seconds for one in self.candidates]
        return sum(each) - each[self.chosen]


@dataclass(frozen=True)
class Trial:
    """One arm, trained once.

    Attributes:
        arm: its name.
        seed: of the split and the training; arms of one seed are paired.
        labels: (N,) int64 of the test images.
        probabilities: (N, K) float32, of K classes, in rows that sum to 1.
        counts: origin (`real`, or the name of a set) -> (K,) int64 training images.
        pretrain_counts: the same of the pre-training; empty without one.
        looks: in the order of time.
        chosen: update whose weights were kept.
        seconds: wall time of the training.
        short: notes where a set had fewer images than asked for.
        draws: origin -> (K,) how often its images of each class are drawn, in some common unit;
            empty where each image is drawn equally often.
        tuning: how the draws were chosen; None where there was no choice.
        source_probe: whether the classifier's features tell generated from real training images;
            None where there is but one kind, and in trials of before this was measured.
        source_use: whether it answers by them; None where sources say nothing about the class.
    """

    arm: str
    seed: int
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    counts: Mapping[str, NDArray[np.int64]]
    pretrain_counts: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    looks: Sequence[Look] = ()
    chosen: int = 0
    seconds: float = 0.0
    short: Sequence[str] = ()
    draws: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    tuning: Tuning | None = None
    source_probe: SourceProbe | None = None
    source_use: TrialSourceUse | None = None

    @property
    def cost_s(self) -> float:
        """Wall time of the training, and of those that its draws were chosen from."""
        return self.seconds + (self.tuning.seconds if self.tuning else 0.0)
