"""Runs trials side by side: one a GPU, or as many as the cores hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from synthset.errors import StageError
from synthset.experiment.trials import Job, run_trial
from synthset.machine import ProgressBar
from synthset.processes import Fault, Processes


def run_jobs(jobs: Sequence[Job], workers: int, bar: ProgressBar) -> None:
    """Train whatever is not finished yet.

    Raises:
        StageError: trainings failed; what others gave is kept.
    """
    todo = [job for job in jobs if not job.finished]
    if not todo:
        return
    settings, failed = todo[0].experiment.training, {}
    bar.start("training", len(todo) * settings.updates)
    try:
        with Processes(workers, open_trials, (), settings.threads, settings.device) as processes:
            for job, ended in processes.run(todo, bar.advance):
                if isinstance(ended, Fault):
                    failed[f"{job.arm.name!r}, seed {job.seed}"] = ended.message
    finally:
        bar.stop()
    if failed:
        first = next(iter(failed))
        others = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise StageError(f"arm {first}: {failed[first]}{others}; finished trainings are kept")


def open_trials() -> Callable[[Job, Callable[[int], None]], None]:
    """Say what trains a job, in whatever process this is."""
    return run_trial
