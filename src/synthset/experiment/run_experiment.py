"""Runs an experiment: splits, sets, trainings, judgement, page; and suites, where a benchmark is
asked for. Does what is missing, and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synthset.errors import DatasetError, raise_storage_errors
from synthset.experiment.cases import explain_answers, show_preprocessing
from synthset.experiment.jobs import plan_jobs, plan_smaller
from synthset.experiment.sets import Sets
from synthset.experiment.source_use import measure_source_use
from synthset.experiment.suites.run_suites import open_suites, run_suites
from synthset.experiment.tasks import run_tasks
from synthset.experiment.trials import Job, open_trials
from synthset.experiment.tuning import choose_draws
from synthset.machine import ProgressBar
from synthset.notebook_bar import default_bar
from synthset.pages.benchmark.benchmark_page import write_benchmark_page
from synthset.pages.experiment.experiment_page import write_experiment_page
from synthset.recipe.experiment import Experiment, load_experiment
from synthset.recipe.reading import EXPERIMENT
from synthset.recipe.suites import Conventions
from synthset.results.benchmark import Benchmark
from synthset.results.judgement import Judgement, judge
from synthset.results.trial import Trial
from synthset.store.folder import LocalFolder
from synthset.store.lock import hold
from synthset.store.remote import require_on_disk
from synthset.user_code import refuse_code

REPORT, BENCHMARK = "report", "benchmark"  # folders of the pages


@dataclass(frozen=True)
class Done:
    """A finished experiment.

    Attributes:
        folder: its folder.
        experiment: its settings.
        classes: names in label order.
        trials: one for each arm and seed, of the full budget.
        judgement: their figures, compared.
        page: the report.
        benchmark: results of the suites; None if there are none.
        benchmark_page: its page, with `benchmark.json` and `table.csv` beside it; None likewise.
    """

    folder: Path
    experiment: Experiment
    classes: tuple[str, ...]
    trials: tuple[Trial, ...]
    judgement: Judgement
    page: Path
    benchmark: Benchmark | None = None
    benchmark_page: Path | None = None


@raise_storage_errors()
def run_experiment(
    experiment: Experiment | str | Path | Mapping[str, Any],
    output: str | os.PathLike[str] | None = None,
    *,
    size: str | None = None,
    overrides: Sequence[str] = (),
    workers: int | None = None,
    suites: Conventions | None = None,
    bar: ProgressBar | None = None,
    allow_code: bool = False,
) -> Done:
    """Train and judge every arm of an experiment; as a benchmark, measure each with every suite.

    Everything that is made, trained and measured is kept: a killed run continues where it stopped,
    a new arm or suite needs only its own training or measurement, and nothing is deleted. Test
    images are never used to choose anything.

    Args:
        experiment: an experiment, its file, or its content.
        output: its folder; none means `./<name>`.
        size: one of its `sizes`.
        overrides: changes such as `training.updates=100`.
        workers: how many trainings, or parts of suites, run at the same time; none means the
            experiment's.
        suites: also measure the arms by all suites, following corrected or published conventions
            where these differ; none leaves the suites out.
        bar: shows the progress; none shows a bar in notebooks and is quiet elsewhere.
        allow_code: run your own code: scores and encoders of kind `python` that its suites and the
            recipes of its sets name; `SYNTHSET_ALLOW_CODE=1` in the environment does the same.

    Raises:
        RecipeError: it asks for something impossible; no training has started.
        UsageError: it runs your own code, which isn't allowed; likewise.
        ModelError: a library or model of a suite is missing; likewise.
        StageError: trainings or suites failed; finished work is kept.
    """
    if not isinstance(experiment, Experiment):
        experiment = load_experiment(experiment, size, overrides)
    folder = require_on_disk(experiment.name if output is None else output, "-o")
    sets = Sets(folder, experiment, bar or default_bar(), allow_code)
    opened = () if suites is None else open_suites(sets, suites)
    refuse_code(sets.list_code(suites is not None), allow_code)
    with claim_folder(folder, experiment):
        jobs = train(sets, workers)
        done = conclude(sets, jobs)
        if suites is None:
            return done
        found = run_suites(opened, suites, sets, jobs, workers, done.judgement)
        page = write_benchmark_page(
            folder / BENCHMARK,
            found,
            experiment.name,
            experiment.description,
            experiment.to_yaml(),
        )
    return replace(done, benchmark=found, benchmark_page=page)


@contextmanager
def claim_folder(folder: Path, experiment: Experiment) -> Iterator[None]:
    """Hold a new or empty folder, or one of an experiment, and write the experiment down.

    Raises:
        DatasetError: it holds something else.
    """
    _claim(folder, experiment)
    place = LocalFolder(folder)
    with hold(place):
        place.discard_temporaries("")
        place.replace("experiment.yaml", experiment.to_yaml().encode())
        yield


def train(sets: Sets, workers: int | None) -> list[Job]:
    """Make the sets that are missing, and train what isn't trained, at the smaller budget as well.

    Args:
        sets: of the experiment, whose folder is held.
        workers: trainings at a time; none means the experiment's.

    Returns:
        The trainings of the full budget.

    Raises:
        RecipeError: an arm can't be composed; no training has begun.
        StageError: trainings failed; those that are finished are kept.
    """
    jobs = choose_draws(plan_jobs(sets, workers), sets, workers)
    todo = [job for job in (*jobs, *plan_smaller(jobs)) if not job.finished]
    sets.bar.start("training", sum(job.size for job in todo))
    run_tasks(todo, open_trials, (), sets.experiment, workers, sets.bar)
    return jobs


def conclude(sets: Sets, jobs: Sequence[Job]) -> Done:
    """Judge the finished trials and write the page."""
    experiment, real = sets.experiment, sets.real
    classes = tuple(names[0] for names in real.classes)
    trials, smaller = (tuple(job.read() for job in some) for some in (jobs, plan_smaller(jobs)))
    trials = measure_source_use(sets, jobs, trials)
    judgement = judge(experiment, trials, classes, smaller, sets.judges)
    judgement = replace(judgement, notes=(*real.notes, *judgement.notes))
    page = write_experiment_page(
        sets.folder / REPORT,
        experiment,
        judgement,
        trials,
        show_preprocessing(experiment, jobs),
        explain_answers(experiment, jobs, real.classes),
        tuple(sets.matches.values()),
    )
    return Done(sets.folder, experiment, classes, trials, judgement, page)


def _claim(folder: Path, experiment: Experiment) -> None:
    """Take a new or empty folder, or one of an experiment.

    Raises:
        DatasetError: it holds something else.
    """
    place = LocalFolder(folder)
    strangers = place.names()
    if strangers and EXPERIMENT not in strangers:
        raise DatasetError(
            f"{folder}: contains {', '.join(strangers[:3])}{' …' if len(strangers) > 3 else ''} "
            f"but no {EXPERIMENT}; name a new or empty folder with -o, so that none of your files "
            "are touched"
        )
    place.replace(EXPERIMENT, json.dumps({"format": 1, "name": experiment.name}).encode())
