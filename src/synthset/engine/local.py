"""Runs a pass on this machine: in this process, or on several worker processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

from synthset.engine.shard import OnFailures, ShardOutcome
from synthset.engine.worker import open_worker
from synthset.errors import ModelError, StageError
from synthset.machine import ProgressBar
from synthset.processes import Processes
from synthset.recipe.recipe import Recipe
from synthset.store.dataset import Dataset
from synthset.taxonomy.classlists import ClassEntry
from synthset.workers import Fault, run_list


class LocalEngine:
    """Workers on this machine, kept over the passes of a run so that libraries load once.

    Use as a context manager; leaving it ends the workers.
    """

    def __init__(
        self,
        dataset: Dataset,
        recipe: Recipe,
        classes: Sequence[ClassEntry],
        plan: str,
        workers: int,
    ) -> None:
        self.workers = workers
        start = (dataset.path, recipe.to_content(), list(classes), plan)
        self._processes: Processes[tuple[int, int]] = Processes(
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
        self, number: int, shards: list[int], bar: ProgressBar, on_failures: OnFailures
    ) -> Iterator[ShardOutcome]:
        """Run shards of one pass, and yield what became of each, in no certain order.

        Args:
            number: of the pass.
            shards: numbers.
            bar: told how many rows are done.
            on_failures: told which rows failed, see `run_shard`; what it raises ends the pass.
        """

        def told(content: tuple[Any, ...]) -> None:
            kind, *facts = content
            if kind == "rows":
                bar.advance(*facts)
            else:
                on_failures(*facts)

        tasks = [(number, shard) for shard in shards]
        for (_, shard), ended in run_list(self._processes, tasks, told):
            if not isinstance(ended, Fault):
                yield ended
            elif ended.kind == "Died":
                yield ShardOutcome(shard, 0, 0.0, error=ended.message)
            else:
                raise (ModelError if ended.kind == "ModelError" else StageError)(ended.message)
