"""What all suites say of an experiment's arms: a benchmark of training sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import get_args

import numpy as np

from synthset.errors import Problem, RecipeError
from synthset.experiment.costs import count_costs
from synthset.experiment.sets import Sets
from synthset.experiment.suites.base import Base
from synthset.experiment.suites.measuring import measure
from synthset.experiment.suites.size import BYTES, Size
from synthset.experiment.suites.suite import Judged, Suite
from synthset.experiment.trials import Job
from synthset.kinds import carry_out
from synthset.recipe.suites import BASE, Conventions
from synthset.results.benchmark import Benchmark, Group, summarise
from synthset.results.judgement import Judgement

BUDGET = (
    "every arm is trained with the same number of updates; the published arms had budgets of their "
    "own"
)


def open_suites(sets: Sets, conventions: Conventions) -> list[Suite]:
    """Find the images and encoders of all suites.

    Args:
        sets: of the experiment that names them.
        conventions: that are followed, where the corrected and the published differ.

    Returns:
        The experiment's own test first, then its suites in order.

    Raises:
        RecipeError: with the problems of all suites; nothing has been trained.
        ModelError: a library is missing.
    """
    experiment, real = sets.experiment, sets.real
    take = cache(
        lambda: {seed: real.take_training(sets.draw_split(seed)) for seed in experiment.seeds}
    )
    published = conventions == "published"
    judged = Judged(real.classes, take, published)
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


def run_suites(
    suites: Sequence[Suite],
    conventions: Conventions,
    sets: Sets,
    jobs: Sequence[Job],
    workers: int | None,
    judgement: Judgement,
) -> Benchmark:
    """Measure the arms by all suites: what isn't measured yet.

    Args:
        suites: of `open_suites`.
        conventions: that they follow.
        sets: of the experiment.
        jobs: finished trials.
        workers: parts of suites at a time; none takes the experiment's.
        judgement: of the trials, whose verdict on the test accuracy stands here too.

    Raises:
        StageError: suites failed; what is finished is kept.
    """
    experiment = sets.experiment
    values = measure([*suites, Size()], jobs, workers, sets.bar)
    arms = {arm.name: arm.text or arm.name for arm in experiment.arms}
    order = get_args(Group)  # measures of one group stand side by side
    there = [measure for suite in suites for measure in suite.measures]
    measures = tuple(sorted(there, key=lambda measure: order.index(measure.group)))
    sizes = {
        arm: float(np.mean([v.value for v in values if v.measure == BYTES and v.arm == arm]))
        for arm in arms
    }
    judged = {BASE: judgement.differences.get("accuracy", ())}
    return replace(
        summarise(measures, values, arms, experiment.compared_with, judged),
        costs=count_costs(sets, jobs, sizes),
        judges=judgement.judges,
        published=conventions == "published",
        conventions=describe_conventions(suites, conventions),
    )


def describe_conventions(suites: Sequence[Suite], conventions: Conventions) -> tuple[str, ...]:
    """Say which conventions the suites follow, and what else a reader must know."""
    said = [
        f"{what}: {theirs} (corrected: {ours})"
        if conventions == "published"
        else f"{what}: {ours} (published: {theirs})"
        for what, ours, theirs in dict.fromkeys(
            one for suite in suites for one in suite.differences
        )
    ]
    return (*said, BUDGET, *dict.fromkeys(one for suite in suites for one in suite.remarks))
