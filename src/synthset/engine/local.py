"""Runs passes on this machine: in this process, or on several worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from types import TracebackType

from synthset.engine.chunk_feed import AssembleTask, ChunkFeed, ChunkTask, ShardOutcome
from synthset.engine.shard import find_todo
from synthset.engine.worker import PassSpecs, open_worker
from synthset.errors import ModelError, StageError
from synthset.machine import ProgressBar
from synthset.processes import Processes
from synthset.recipe.recipe import Recipe
from synthset.store.dataset import Dataset
from synthset.taxonomy.classlists import ClassEntry
from synthset.workers import Fault

OnFailures = Callable[[str, int, list[tuple[int, str]]], None]


class LocalEngine:
    """Workers on this machine, kept over the passes of a run so that libraries and models load
    once.

    Use as a context manager; leaving it ends the workers.
    """

    def __init__(
        self,
        dataset: Dataset,
        recipe: Recipe,
        classes: Sequence[ClassEntry],
        passes: PassSpecs,
        workers: int,
    ) -> None:
        self.workers = workers
        self._dataset = dataset
        self._passes = passes
        start = (dataset.path, recipe.to_content(), list(classes), passes)
        self._processes: Processes[ChunkTask | AssembleTask] = Processes(
            workers, open_worker, start, recipe.engine.threads
        )

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._processes.__exit__(kind, error, trace)

    def run(
        self,
        number: int,
        shards: Mapping[int, int],
        bar: ProgressBar,
        on_failures: OnFailures = lambda role, shard, failed: None,
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
        specs = self._passes[number]
        todo = [find_todo(self._dataset, number, specs, *shard) for shard in shards.items()]
        feed = ChunkFeed(todo, self.workers)
        bar.advance(sum(shards.values()) - feed.rows)
        with closing(self._processes.work(feed)) as answers:
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
