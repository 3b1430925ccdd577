"""Where the corrected and the published conventions differ, in sentences."""

from __future__ import annotations

from synthset.recipe.experiment import Experiment
from synthset.recipe.suites import DataStatistics, Knn

#: kind of suite, or nothing for all -> what it is about, ours, the published one.
DIFFERENCES: tuple[tuple[type | None, str, str, str], ...] = (
    (
        None,
        "balanced accuracy",
        "the mean recall",
        "the mean of (precision + recall) / 2",
    ),
    (
        None,
        "precision",
        "of the test images taken for a class",
        "the same, each class weighing the same",
    ),
    (
        DataStatistics,
        "confusion skewness",
        "of a class's five largest confusions, those of 0 too",
        "of those among the five that aren't 0",
    ),
    (
        DataStatistics,
        "CMMD",
        "without the pairs of an image and itself, so that sets of different sizes compare",
        "with them, so never below 0 and larger for small sets",
    ),
)
BUDGET = (
    "every arm is trained with the same number of updates; the published arms had budgets of their "
    "own"
)
NEVER_FILLED = "a class without an image in the bank is reported; the published bank fills it in"


def conventions(experiment: Experiment, published: bool) -> tuple[str, ...]:
    """Say which conventions were followed, as far as the suites of an experiment are concerned."""
    kinds = {type(suite) for suite in experiment.suites.values()}
    said = [
        f"{what}: {theirs} (corrected: {ours})"
        if published
        else f"{what}: {ours} (published: {theirs})"
        for kind, what, ours, theirs in DIFFERENCES
        if kind is None or kind in kinds
    ]
    return (*said, BUDGET, *((NEVER_FILLED,) if Knn in kinds else ()))
