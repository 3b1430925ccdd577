"""Runs a benchmark: an experiment's arms, one budget, and all suites. Does what is missing, and
nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from synthset.errors import explains_refusals
from synthset.experiment.benchmark.conventions import conventions
from synthset.experiment.benchmark.ledger import ledger
from synthset.experiment.benchmark.measuring import measure
from synthset.experiment.run_experiment import Done, claimed, conclude, train
from synthset.experiment.sets import Sets
from synthset.experiment.splits import read_real
from synthset.experiment.suites.opening import open_suites
from synthset.experiment.suites.size import BYTES, Size
from synthset.experiment.suites.suite import Suite
from synthset.experiment.trials import Job
from synthset.machine import ProgressBar, Silent, count_workers
from synthset.pages.benchmark.benchmark_page import write_benchmark_page
from synthset.recipe.experiment import Experiment, load_experiment
from synthset.recipe.suites import BASE
from synthset.results.benchmark import Benchmark, Group, Value, summarise
from synthset.results.judgement import Judgement
from synthset.store.remote import on_disk

PAGE = "benchmark"  # folder beside the experiment's `report`


@dataclass(frozen=True)
class Benched:
    """A finished benchmark.

    Attributes:
        experiment: its trainings, judged.
        benchmark: what the suites say.
        values: one for each measure, arm and seed.
        page: `index.html`, with `benchmark.json` and `table.csv` beside it.
    """

    experiment: Done
    benchmark: Benchmark
    values: tuple[Value, ...]
    page: Path


@explains_refusals()
def run_benchmark(
    experiment: Experiment | str | Path | Mapping[str, Any],
    output: str | os.PathLike[str] | None = None,
    *,
    size: str | None = None,
    overrides: Sequence[str] = (),
    workers: int | None = None,
    published: bool = False,
    bar: ProgressBar | None = None,
) -> Benched:
    """Train every arm of an experiment alike, and measure each with every suite.

    What is trained and measured is kept in the experiment's folder: a killed benchmark goes on, a
    new suite is measured alone. No test chooses anything.

    Args:
        experiment: an experiment, its file, or its content.
        output: its folder; none takes `./<name>`.
        size: one of its `sizes`.
        overrides: changes such as `training.updates=100`.
        workers: trainings, and parts of suites, at a time; none takes the experiment's.
        published: follow the published conventions where they differ.
        bar: told how far it is; none stays quiet.

    Raises:
        RecipeError: it asks for something impossible; no training has begun.
        ModelError: a library or model is missing; likewise.
        StageError: trainings or suites failed; what is finished is kept.
    """
    if not isinstance(experiment, Experiment):
        experiment = load_experiment(experiment, size, overrides)
    folder = on_disk(experiment.name if output is None else output, "-o")
    bar = bar or Silent()
    real = read_real(experiment.real)
    suites = [*open_suites(experiment, real, published), Size()]
    with claimed(folder, experiment):
        sets = Sets(folder, experiment, real, bar)
        jobs = train(sets, workers)
        done = conclude(folder, experiment, real, jobs)
        values = measure(suites, jobs, _at_a_time(experiment, workers), bar)
        benchmark = _benchmark(sets, jobs, suites, values, published, done.judgement)
        page = write_benchmark_page(
            folder / PAGE,
            benchmark,
            experiment.name,
            experiment.description,
            experiment.to_yaml(),
        )
    return Benched(done, benchmark, tuple(values), page)


def _at_a_time(experiment: Experiment, workers: int | None) -> int:
    training = experiment.training
    asked = workers if workers is not None else experiment.workers
    return count_workers(asked, 1 << 20, training.device, training.threads)


def _benchmark(
    sets: Sets,
    jobs: Sequence[Job],
    suites: Sequence[Suite],
    values: Sequence[Value],
    published: bool,
    judgement: Judgement,
) -> Benchmark:
    experiment = sets.experiment
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
        costs=ledger(sets, jobs, sizes),
        published=published,
        conventions=conventions(experiment, published),
    )
