"""What does the passes of a run, on whatever machines: the same bytes by each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from types import TracebackType
from typing import Protocol, Self

from synthset.engine.chunk_feed import AssembleTask, ChunkFeed, ChunkTask, ShardOutcome
from synthset.engine.shard import find_todo
from synthset.engine.worker import PassSpecs
from synthset.errors import ModelError, StageError
from synthset.machine import ProgressBar
from synthset.store.dataset import Dataset
from synthset.workers import Fault, Workers

OnFailures = Callable[[str, int, list[tuple[int, str]]], None]


def ignore_failures(role: str, shard: int, failed: list[tuple[int, str]]) -> None:
    """Count nothing."""


class Engine(Protocol):
    """Opened once for a run, and used pass by pass; leaving its context ends what it started.

    Attributes:
        workers: that it uses at most.
    """

    workers: int

    def run(
        self,
        number: int,
        shards: Mapping[int, int],
        bar: ProgressBar,
        on_failures: OnFailures = ignore_failures,
    ) -> Iterator[ShardOutcome]:
        """Do what shards of a pass lack, and yield what became of each, in no certain order.

        Args:
            number: of the pass.
            shards: numbers, each with the rows that it has.
            bar: told how many rows are done; found ones count too.
            on_failures: called with the role of a table, the shard, and each row of it that failed
                now, though all that it is made from was there, with its error; what it raises ends
                the pass.
        """

    def count_gpus(self, devices: Sequence[str]) -> int:
        """Count the GPUs that models with such settings of their device use."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class FeedEngine:
    """An engine whose workers, of whatever kind, take chunks from one feed.

    They are kept over the passes of a run, so that libraries and models load once.
    """

    def __init__(
        self, dataset: Dataset, passes: PassSpecs, workers: Workers[ChunkTask | AssembleTask]
    ) -> None:
        self.workers = workers.count
        self._dataset = dataset
        self._passes = passes
        self._workers = workers

    def __enter__(self) -> Self:
        self._workers.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._workers.__exit__(kind, error, trace)

    def run(
        self,
        number: int,
        shards: Mapping[int, int],
        bar: ProgressBar,
        on_failures: OnFailures = ignore_failures,
    ) -> Iterator[ShardOutcome]:
        """See `Engine.run`."""
        specs = self._passes[number]
        todo = [find_todo(self._dataset, number, specs, *shard) for shard in shards.items()]
        feed = ChunkFeed(todo, self.workers)
        bar.advance(sum(shards.values()) - feed.rows)
        with closing(self._workers.work(feed)) as answers:
            for task, answer in answers:
                if isinstance(answer, Fault):
                    if answer.kind != "Died":
                        raise (ModelError if answer.kind == "ModelError" else StageError)(
                            answer.message
                        )
                elif isinstance(task, ChunkTask) and not answer.error:
                    bar.advance(len(task))
                    for role, failed in answer.failures.items():
                        if failed:
                            on_failures(role, task.shard, failed)
                while feed.outcomes:
                    yield feed.outcomes.popleft()
