"""Tells what a benchmark would do, before it does anything."""

from __future__ import annotations

from collections.abc import Iterator

from synthset.experiment.benchmark.conventions import conventions
from synthset.experiment.preview import preview as preview_experiment
from synthset.experiment.splits import read_real
from synthset.experiment.suites.opening import open_suites
from synthset.recipe.experiment import Experiment


def preview(experiment: Experiment, *, published: bool = False) -> Iterator[str]:
    """Count the images of every arm, and say what each suite measures; nothing is written.

    Raises:
        RecipeError: the experiment or a suite asks for something impossible.
        ModelError: a library or model is missing.
    """
    suites = open_suites(experiment, read_real(experiment.real), published)
    yield from preview_experiment(experiment)
    for suite in suites:
        measures = suite.measures
        what = measures[0].note if len(measures) == 1 else ", ".join(one.text for one in measures)
        yield f"suite {suite.name}: {what}"
    for convention in conventions(experiment, published):
        yield f"* {convention}"
