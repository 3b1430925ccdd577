"""Reads every trial with every suite, side by side, and keeps each part as soon as it is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from synthset.experiment.suites.suite import Readings, Suite
from synthset.experiment.tasks import run_tasks
from synthset.experiment.trials import Job
from synthset.machine import ProgressBar
from synthset.results.benchmark import Value
from synthset.results.stored import dump, load
from synthset.seeds import fingerprint
from synthset.store.files import replace_file

FOLDER = "suites"  # in the folder of a trial: a file for each suite and part


@dataclass(frozen=True)
class SuiteTask:
    """A part of a suite, of trials that share the work; both by their places in lists."""

    title: str
    size: int
    suite: int
    part: str
    jobs: tuple[int, ...]


def measure(
    suites: Sequence[Suite], jobs: Sequence[Job], workers: int | None, bar: ProgressBar
) -> list[Value]:
    """Read what isn't read yet, and give all values.

    Args:
        suites: what is measured.
        jobs: finished trials.
        workers: parts at a time; none takes the experiment's.
        bar: told how far it is, in images.

    Raises:
        StageError: parts failed; the others are kept.
    """
    todo = list(_todo(suites, jobs))
    bar.start("suites", sum(task.size for task in todo))
    run_tasks(todo, open_reader, (suites, jobs), jobs[0].experiment, workers, bar)
    return [value for suite in suites for job in jobs for value in _values(suite, job)]


def count_missing(suites: Sequence[Suite], jobs: Sequence[Job]) -> list[tuple[str, int]]:
    """Count the parts of each suite that are still to be read, trial by trial."""
    counts: dict[str, int] = defaultdict(int)
    for task in _todo(suites, jobs):
        counts[suites[task.suite].name] += len(task.jobs)
    return list(counts.items())


def _todo(suites: Sequence[Suite], jobs: Sequence[Job]) -> Iterator[SuiteTask]:
    for number, suite in enumerate(suites):
        for part in suite.parts:
            groups: dict[str, list[int]] = defaultdict(list)
            for place, job in enumerate(jobs):
                if not _place(suite, part, job).exists():
                    groups[suite.shared(job)].append(place)
            for places in groups.values():
                size = suite.work(part, [jobs[place] for place in places])
                yield SuiteTask(f"suite {suite.name!r}", size, number, part, tuple(places))


def _place(suite: Suite, part: str, job: Job) -> Path:
    name = "-".join(filter(None, (suite.name, part)))
    decides = fingerprint([Readings.VERSION, type(suite).__name__, suite.identity(part, job)])
    return job.folder / FOLDER / f"{name}-{decides}.json"


def open_reader(
    suites: Sequence[Suite], jobs: Sequence[Job]
) -> Callable[[SuiteTask, Callable[[int], None]], None]:
    """Say what reads a part of a suite, in whatever process this is."""

    def read(task: SuiteTask, tell: Callable[[int], None]) -> None:
        suite, mine = suites[task.suite], [jobs[place] for place in task.jobs]
        for job, readings in zip(mine, suite.read(task.part, mine), strict=True):
            replace_file(_place(suite, task.part, job), dump(Readings(readings)).encode())
        tell(task.size)

    return read


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
