"""Runs trainings, and parts of suites, side by side: one a GPU, or as many as the cores hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from synthset.errors import StageError
from synthset.machine import ProgressBar, count_workers
from synthset.processes import Processes
from synthset.recipe.experiment import Experiment
from synthset.workers import Fault, run_list


class TrialTask(Protocol):
    """What one worker does at a time, and keeps the result of."""

    @property
    def title(self) -> str:
        """What messages call it."""

    @property
    def size(self) -> int:
        """How much there is to do, for the bar."""


def run_tasks(
    tasks: Sequence[TrialTask],
    begin: Callable[..., Callable[[Any, Callable[[int], None]], None]],
    arguments: tuple[Any, ...],
    experiment: Experiment,
    workers: int | None,
    bar: ProgressBar,
) -> None:
    """Do all tasks, whatever becomes of one.

    Args:
        tasks: whose results aren't there yet.
        begin: as `Processes` has it; what it gives tells of progress in the unit of `size`.
        arguments: of `begin`.
        experiment: says on what its trainings run, and how many at a time.
        workers: tasks at a time; none takes the experiment's.
        bar: started; told how far it is.

    Raises:
        StageError: tasks failed; what others gave is kept.
    """
    settings, failed = experiment.training, dict[str, str]()
    asked = experiment.workers if workers is None else workers
    count = count_workers(asked, len(tasks), settings.device, settings.threads)
    try:
        with Processes(count, begin, arguments, settings.threads, settings.device) as processes:
            for task, ended in run_list(processes, tasks, bar.advance):
                if isinstance(ended, Fault):
                    failed[task.title] = ended.message
    finally:
        bar.stop()
    if failed:
        first = next(iter(failed))
        others = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise StageError(f"{first}: {failed[first]}{others}; finished work is kept")
