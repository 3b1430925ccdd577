"""Runs trials side by side: one a core, or one a GPU."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from synthset.engine.local import Bar, count_cores, count_gpus
from synthset.engine.processes import Spawn, process_pool
from synthset.errors import StageError, SynthsetError
from synthset.experiment.trials import Job, run_trial

POLL_S = 0.5

_told: Any = None  # of a worker process: where it tells how far it is


def count_trials_at_a_time(asked: int | str, jobs: int, device: str, threads: int) -> int:
    """How many trainings run side by side.

    Args:
        asked: a number, or `auto`: one a GPU; without one, as many as the cores hold.
        jobs: trainings that are to do.
        device: the experiment's; `cpu` ignores GPUs.
        threads: of each training on a CPU.
    """
    if isinstance(asked, int):
        return max(1, min(asked, jobs))
    gpus = count_gpus() if device in ("auto", "cuda") else 0
    return max(1, min(gpus or count_cores() // threads, jobs))


def run_jobs(jobs: Sequence[Job], workers: int, bar: Bar) -> None:
    """Train whatever is not finished yet.

    Raises:
        StageError: trainings failed; what others gave is kept.
    """
    todo = [job for job in jobs if not job.finished]
    if not todo:
        return
    bar.start("training", sum(job.experiment.training.updates for job in todo))
    try:
        failed = _alone(todo, bar) if workers == 1 else _side_by_side(todo, workers, bar)
    finally:
        bar.stop()
    if failed:
        first = next(iter(failed))
        others = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise StageError(f"arm {first}: {failed[first]}{others}; finished trainings are kept")


def _alone(jobs: Sequence[Job], bar: Bar) -> dict[str, str]:
    for job in jobs:
        run_trial(job, bar.advance)
    return {}


def _side_by_side(jobs: Sequence[Job], workers: int, bar: Bar) -> dict[str, str]:
    context = Spawn()
    told = context.Queue()
    with process_pool(workers, context, _begin, (told,)) as pool:
        return _wait({pool.submit(_work, job): job for job in jobs}, told, bar)


def _wait(waiting: dict[Future[None], Job], told: Any, bar: Bar) -> dict[str, str]:
    failed: dict[str, str] = {}
    left = set(waiting)
    while left:
        _drain(told, bar)
        done = {one for one in left if one.done()}
        left -= done
        for one in as_completed(done):
            job, fault = waiting[one], one.exception()
            if isinstance(fault, BrokenProcessPool):
                fault = StageError("its process died, for want of memory perhaps")
            if fault is not None:
                text = str(fault) if isinstance(fault, SynthsetError) else repr(fault)
                failed[f"{job.arm.name!r}, seed {job.seed}"] = text
    _drain(told, bar)
    return failed


def _drain(told: Any, bar: Bar) -> None:
    try:
        bar.advance(told.get(timeout=POLL_S))
        while True:
            bar.advance(told.get_nowait())
    except queue.Empty:
        pass


def _begin(told: Any) -> None:
    global _told
    _told = told


def _work(job: Job) -> None:
    run_trial(job, _told.put)
