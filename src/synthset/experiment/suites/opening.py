"""Finds what the suites of an experiment need, before anything is trained."""

from __future__ import annotations

from functools import cache, partial

from synthset.errors import Problem, RecipeError
from synthset.experiment.run_experiment import labelled
from synthset.experiment.splits import RealSplit, split
from synthset.experiment.suites.base import Base
from synthset.experiment.suites.suite import Judged, Suite
from synthset.kinds import carry_out
from synthset.recipe.experiment import Experiment
from synthset.training.labelled import LabelledImages


def open_suites(experiment: Experiment, real: RealSplit, published: bool) -> list[Suite]:
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
    judged = Judged(real.classes, cache(partial(_real_training, experiment, real)), published)
    opened: list[Suite] = [Base(published)]
    problems: list[Problem] = []
    for name, settings in experiment.suites.items():
        try:
            opened.append(carry_out(settings, name, settings, judged))
        except RecipeError as error:
            problems += error.problems
    if problems:
        raise RecipeError.of(problems)
    return opened


def _real_training(experiment: Experiment, real: RealSplit) -> dict[int, LabelledImages]:
    """Real training images of each seed's split."""
    settings, first = experiment.real, experiment.seeds[0]
    found = {}
    for seed in experiment.seeds:
        if settings.redraw or seed == first:
            rows = split(settings, real, seed if settings.redraw else first).train
            found[seed] = labelled(real.images, real.labels, rows)
        else:
            found[seed] = found[first]
    return found
