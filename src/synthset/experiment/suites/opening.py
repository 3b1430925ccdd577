"""Finds what the suites of an experiment need, before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping

from synthset.errors import Problem, RecipeError
from synthset.experiment.run_experiment import labelled
from synthset.experiment.splits import RealImages, split
from synthset.experiment.suites.base import Base
from synthset.experiment.suites.corruptions import CorruptionsSuite
from synthset.experiment.suites.knn import KnnSuite
from synthset.experiment.suites.shift import ShiftSuite
from synthset.experiment.suites.statistics import StatisticsSuite
from synthset.experiment.suites.suite import Suite
from synthset.experiment.suites.transfer import TransferSuite
from synthset.recipe.experiment import Experiment
from synthset.recipe.suites import Corruptions, DataStatistics, Knn, Shift, Transfer
from synthset.recipe.suites import Suite as Settings
from synthset.training.labelled import Labelled


def open_suites(experiment: Experiment, real: RealImages, published: bool) -> list[Suite]:
    """Find the images and encoders of all suites.

    Args:
        experiment: names them.
        real: its real images.
        published: by the published conventions, where they differ.

    Returns:
        The experiment's own test first, then its suites in order.

    Raises:
        RecipeError: with the problems of all suites; nothing has been trained.
        ModelError: a library is missing.
    """
    splits = _real_training(experiment, real)
    opened: list[Suite] = [Base(published)]
    problems: list[Problem] = []
    for name, settings in experiment.suites.items():
        try:
            opened.append(_open(name, settings, real, splits, published))
        except RecipeError as error:
            problems += error.problems
    if problems:
        raise RecipeError.of(problems)
    return opened


def _open(
    name: str,
    settings: Settings,
    real: RealImages,
    splits: Mapping[int, Labelled],
    published: bool,
) -> Suite:
    if isinstance(settings, Shift):
        return ShiftSuite(name, settings, real.classes)
    if isinstance(settings, Corruptions):
        return CorruptionsSuite(name, settings)
    if isinstance(settings, Transfer):
        return TransferSuite(name, settings)
    if isinstance(settings, Knn):
        return KnnSuite(name, settings, real.classes)
    return StatisticsSuite(name, settings, real.classes, splits, published)


def _real_training(experiment: Experiment, real: RealImages) -> dict[int, Labelled]:
    """Real training images of each seed's split; none where no suite compares with them."""
    if not any(isinstance(suite, DataStatistics) for suite in experiment.suites.values()):
        return {}
    settings, first = experiment.real, experiment.seeds[0]
    found = {}
    for seed in experiment.seeds:
        if settings.redraw or seed == first:
            rows = split(settings, real, seed if settings.redraw else first).train
            found[seed] = labelled(real.images, real.labels, rows)
        else:
            found[seed] = found[first]
    return found
