"""Measures what the classifiers said of the test images, with other draws of these images where one
seed has to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from synthset.metrics.statistics.classification import (
    MATCHED,
    Array,
    mean_of_known,
    measure_classifier,
    measure_matched,
)
from synthset.results.arm_judgement import OF_FOCUS, ArmTrials, MeasuredTrial
from synthset.results.trial import Trial

DRAWS, FEWEST = 200, 40  # of test images, where an arm has one seed: half width to 5 % and 11 %
WORK = 4e8  # draws x images x classes beyond which fewer are drawn: a minute on one core


def measure_trials(trials: Sequence[Trial], focus: Sequence[int]) -> dict[str, ArmTrials]:
    """Measure every trial, with bootstrap draws where an arm has but one seed.

    Args:
        trials: one for each arm and seed.
        focus: labels that come first.

    Returns:
        The trials of each arm.
    """
    alone = min(Counter(trial.arm for trial in trials).values()) == 1
    found: dict[str, dict[int, MeasuredTrial]] = {}
    for trial in sorted(trials, key=lambda trial: trial.seed):
        draws = max(FEWEST, min(DRAWS, round(WORK / trial.probabilities.size)))
        weights = draw_weights(trial.labels, draws if alone else 0, trial.seed)
        seen = measure_classifier(trial.labels, trial.probabilities, weights)
        whole = dict(seen.whole)
        if focus:
            whole |= _of_focus(trial, seen.classes, focus, weights)
        found.setdefault(trial.arm, {})[trial.seed] = MeasuredTrial(trial, whole, seen.classes)
    return {arm: ArmTrials.of(one, focus) for arm, one in found.items()}


def _of_focus(
    trial: Trial, classes: Mapping[str, Array], focus: Sequence[int], weights: Array
) -> dict[str, Array]:
    """Means over the focus classes that have test images."""
    there = [label for label in focus if (trial.labels == label).any()]
    each = [measure_matched(trial.labels, trial.probabilities, label, weights) for label in there]
    none = np.full(len(weights), np.nan)
    return {
        name: (np.mean([found[one] for found in each], axis=0) if each else none)
        if one in MATCHED
        else mean_of_known(classes[one][:, focus])
        for name, one in OF_FOCUS.items()
    }


def draw_weights(labels: NDArray[np.int64], draws: int, seed: int) -> Array:
    """Draw test images with replacement within each class.

    Arms of one seed have the same labels and so the same draws: differences stay paired.

    Args:
        labels: (N,).
        draws: how many.
        seed: of the draw.

    Returns:
        (1 + draws, N) how often each image counts; the first row is ones.
    """
    rng = np.random.default_rng(seed)
    weights = np.ones((1 + draws, len(labels)))
    for label in np.unique(labels).tolist() if draws else ():
        members = np.flatnonzero(labels == label)
        even = np.full(len(members), 1 / len(members))
        weights[1:, members] = rng.multinomial(len(members), even, size=draws)
    return weights
