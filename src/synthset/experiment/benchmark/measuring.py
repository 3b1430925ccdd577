"""Reads every trial with every suite, side by side, and keeps each part as soon as it is read."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from synthset.engine.local import Bar
from synthset.engine.processes import Spawn, process_pool
from synthset.errors import StageError, SynthsetError
from synthset.experiment.suites.suite import Readings, Suite
from synthset.experiment.trials import Job
from synthset.results.benchmark import Value
from synthset.results.stored import dump, load
from synthset.seeds import fingerprint

FOLDER = "suites"  # in the folder of a trial: a file for each suite and part


@dataclass(frozen=True)
class Task:
    """A part of a suite, of trials that share the work; by their places in lists."""

    suite: int
    part: str
    jobs: tuple[int, ...]
    work: int


def measure(suites: Sequence[Suite], jobs: Sequence[Job], workers: int, bar: Bar) -> list[Value]:
    """Read what isn't read yet, and give all values.

    Args:
        suites: what is measured.
        jobs: finished trials.
        workers: processes.
        bar: told how far it is, in images.

    Raises:
        StageError: parts failed; the others are kept.
    """
    todo = list(_todo(suites, jobs))
    bar.start("suites", sum(task.work for task in todo))
    try:
        if workers == 1 or len(todo) < 2:
            for task in todo:
                _do(task, suites, jobs)
                bar.advance(task.work)
        else:
            _side_by_side(todo, suites, jobs, min(workers, len(todo)), bar)
    finally:
        bar.stop()
    return [value for suite in suites for job in jobs for value in _values(suite, job)]


def missing(suites: Sequence[Suite], jobs: Sequence[Job]) -> list[tuple[str, int]]:
    """Count the parts of each suite that are still to be read, trial by trial."""
    counts: dict[str, int] = defaultdict(int)
    for task in _todo(suites, jobs):
        counts[suites[task.suite].name] += len(task.jobs)
    return list(counts.items())


def _todo(suites: Sequence[Suite], jobs: Sequence[Job]) -> Iterator[Task]:
    for number, suite in enumerate(suites):
        for part in suite.parts:
            groups: dict[str, list[int]] = defaultdict(list)
            for place, job in enumerate(jobs):
                if not _place(suite, part, job).exists():
                    groups[suite.shared(job)].append(place)
            for places in groups.values():
                work = suite.work(part, [jobs[place] for place in places])
                yield Task(number, part, tuple(places), work)


def _place(suite: Suite, part: str, job: Job) -> Path:
    name = "-".join(filter(None, (suite.name, part)))
    decides = fingerprint([Readings.VERSION, type(suite).__name__, suite.identity(part, job)])
    return job.folder / FOLDER / f"{name}-{decides}.json"


def _do(task: Task, suites: Sequence[Suite], jobs: Sequence[Job]) -> None:
    suite, mine = suites[task.suite], [jobs[place] for place in task.jobs]
    for job, readings in zip(mine, suite.read(task.part, mine), strict=True):
        path = _place(suite, task.part, job)
        path.parent.mkdir(exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.write_text(dump(Readings(readings)), encoding="utf-8")
        aside.replace(path)


def _values(suite: Suite, job: Job) -> Iterable[Value]:
    places = {part: _place(suite, part, job) for part in suite.parts}
    parts = {
        part: load(Readings, path.read_text(encoding="utf-8"), str(path)).readings
        for part, path in places.items()
    }
    return [
        Value(one.measure, job.arm.name, job.seed, one.value, one.images, one.note, one.details)
        for one in suite.join(parts)
    ]


_suites: Sequence[Suite] = ()  # of a worker process
_jobs: Sequence[Job] = ()


def _begin(suites: Sequence[Suite], jobs: Sequence[Job]) -> None:
    global _suites, _jobs
    _suites, _jobs = suites, jobs


def _work(task: Task) -> None:
    _do(task, _suites, _jobs)


def _side_by_side(
    todo: Sequence[Task], suites: Sequence[Suite], jobs: Sequence[Job], workers: int, bar: Bar
) -> None:
    failed: dict[str, str] = {}
    with process_pool(workers, Spawn(), _begin, (suites, jobs)) as pool:
        waiting = {pool.submit(_work, task): task for task in todo}
        left = set(waiting)
        while left:
            done, left = wait(left, return_when=FIRST_COMPLETED)
            for one in done:
                task, fault = waiting[one], one.exception()
                if fault is not None:
                    failed[suites[task.suite].name] = _said(fault)
                bar.advance(task.work)
    if failed:
        first = next(iter(failed))
        others = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise StageError(f"suite {first!r}: {failed[first]}{others}; what is read is kept")


def _said(fault: BaseException) -> str:
    if isinstance(fault, BrokenProcessPool):
        return "its process died, for want of memory perhaps"
    return str(fault) if isinstance(fault, SynthsetError) else repr(fault)
