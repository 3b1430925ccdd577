"""A worker: holds opened stages, computes chunks and joins them to cells, in whatever process.

What is committed is never computed again: a kill loses at most the chunks in hand.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from synthset.engine.catalog import Spec, build
from synthset.engine.chunk_feed import AssembleTask, ChunkDone, ChunkTask, Failures, ShardOutcome
from synthset.engine.shard import assemble, check_output, find_failed_rows
from synthset.machine import fix_torch_threads, has_room
from synthset.recipe.recipe import Recipe, load_stored
from synthset.stage import Rows, Stage
from synthset.store.dataset import Dataset
from synthset.taxonomy.classlists import ClassEntry
from synthset.workers import Pipeline, Tell

PassSpecs = Sequence[Sequence[Spec]]
BEHIND = 2  # chunks that are being written while the next one is in the model


def open_worker(
    path: str, recipe: Mapping[str, Any], classes: Sequence[ClassEntry], passes: PassSpecs
) -> Worker:
    """Open a worker in whatever process this is.

    Args:
        path: of the dataset.
        recipe: its content, which has been checked.
        classes: entries of its classes, in label order.
        passes: that it takes part in.
    """
    return Worker(Dataset.open(path), load_stored(dict(recipe)), classes, passes)


@dataclass(frozen=True, slots=True)
class PreparedChunk:
    """A chunk that waits for the model: its rows, and what each stage has got ready of them."""

    rows: Rows
    stages: dict[Spec, tuple[Stage, Any]]


class Worker(Pipeline[ChunkTask | AssembleTask]):
    """Works on the shards of one dataset.

    Reading and preparing, and finishing and writing, run on threads beside the model. Models stay
    from one pass to the next, as far as there is room.
    """

    def __init__(
        self, dataset: Dataset, recipe: Recipe, classes: Sequence[ClassEntry], passes: PassSpecs
    ) -> None:
        self.stages: dict[Spec, Future[Stage]] = {spec: Future() for one in passes for spec in one}
        self._dataset = dataset
        self._recipe = recipe
        self._classes = classes
        self._passes = passes
        self._ahead: dict[ChunkTask, Future[PreparedChunk]] = {}
        self._behind: list[Future[ChunkDone]] = []
        self._last_read: tuple[object, pa.Table] | None = None
        self._fixed = ExitStack()  # the number of threads of arithmetic
        self._start()

    def _start(self) -> None:
        self._readers = ThreadPoolExecutor(1)
        self._writers = ThreadPoolExecutor(BEHIND)
        self._fixed.enter_context(fix_torch_threads(self._recipe.engine.threads))

    def prepare(self, task: ChunkTask | AssembleTask) -> None:
        """Begin to read a chunk, and to prepare it."""
        if isinstance(task, ChunkTask):
            self._ahead[task] = self._readers.submit(self._prepare, task)

    def __call__(self, task: ChunkTask | AssembleTask, tell: Tell) -> Future[Any]:
        """Run the models on a chunk, or join a shard's chunks."""
        if isinstance(task, AssembleTask):
            return self._writers.submit(self._assemble, task)
        if task not in self._ahead:
            self.prepare(task)
        for place in task.places:
            self._open(task.number, self._passes[task.number][place])
        try:
            prepared = self._ahead.pop(task).result()
            computed = {
                spec: stage.compute(prepared.rows, ready)
                for spec, (stage, ready) in prepared.stages.items()
            }
        except Exception as fault:  # a bad shard fails alone; its finished chunks are kept
            failed: Future[ChunkDone] = Future()
            failed.set_result(_fail(fault))
            return failed
        self._behind = [future for future in self._behind if not future.done()]
        if len(self._behind) >= BEHIND:
            self._behind[0].exception()
        self._behind.append(self._writers.submit(self._finish, task, prepared, computed))
        return self._behind[-1]

    def close(self) -> None:
        """Finish what is computed; the models stay."""
        self._readers.shutdown(wait=False, cancel_futures=True)
        cancelled = [spec for spec, opening in self.stages.items() if opening.cancel()]
        self._readers.shutdown()  # it waited for a model that nobody opens any more
        self._writers.shutdown()
        self.stages |= {spec: Future() for spec in cancelled}
        self._ahead.clear()
        self._fixed.close()
        self._start()

    def _open(self, number: int, spec: Spec) -> None:
        """Open a stage, and first make room for its model."""
        opening = self.stages[spec]
        if opening.done():
            return
        if not has_room():
            for other, opened in self.stages.items():
                if opened.done() and other not in self._passes[number]:
                    self.stages[other] = Future()
            gc.collect()
        try:
            stage = build(self._recipe, spec.role, list(self._classes), self._dataset.folder)
            stage.open()
        except BaseException as fault:
            self.stages[spec] = Future()
            opening.set_exception(fault)
            raise
        self._fixed.enter_context(fix_torch_threads(self._recipe.engine.threads))
        opening.set_result(stage)

    def _prepare(self, task: ChunkTask) -> PreparedChunk:
        specs = [
            spec
            for spec in (self._passes[task.number][place] for place in task.places)
            if not self._dataset.has_chunk(spec.table, task.shard, task.start, len(task))
        ]
        stages = {spec: self.stages[spec].result() for spec in specs}
        if not stages:  # a worker died after it had written them
            return PreparedChunk(Rows(pa.table({})), {})
        rows = Rows(self._read(task, stages))
        return PreparedChunk(rows, {spec: (one, one.prepare(rows)) for spec, one in stages.items()})

    def _read(self, task: ChunkTask, stages: Mapping[Spec, Stage]) -> pa.Table:
        """Read the rows of a chunk; of a shard without images all, once."""
        inputs = list(dict.fromkeys(name for spec in stages for name in spec.inputs))
        columns = sorted({name for stage in stages.values() for name in stage.reads})
        if "image" in columns:
            return self._dataset.read_shard(inputs, task.shard, columns, task.start, task.stop)
        asked = (inputs, task.shard, columns)
        if self._last_read is None or self._last_read[0] != asked:
            self._last_read = asked, self._dataset.read_shard(*asked)
        return self._last_read[1].slice(task.start, len(task))

    def _finish(
        self, task: ChunkTask, prepared: PreparedChunk, computed: Mapping[Spec, Any]
    ) -> ChunkDone:
        failures: Failures = {}
        try:
            for spec, result in computed.items():
                stage, rows = prepared.stages[spec][0], prepared.rows
                table = check_output(stage, spec, rows, stage.finish(rows, result))
                self._dataset.write_chunk(spec.table, task.shard, task.start, table)
                failures[spec.role] = find_failed_rows(rows, task.start, table, stage.excused)
        except Exception as fault:
            return _fail(fault)
        return ChunkDone(failures)

    def _assemble(self, task: AssembleTask) -> ShardOutcome:
        failed = 0
        for place in task.places:
            spec = self._passes[task.number][place]
            ids = self._dataset.read_cell(spec.inputs[0], task.shard, ["id"]).column("id")
            failed = max(failed, assemble(self._dataset, spec, task.shard, ids))
        return ShardOutcome(task.shard, failed)


def _fail(fault: Exception) -> ChunkDone:
    kind, words = type(fault).__name__, str(fault)
    return ChunkDone({}, f"{kind}: {words}" if words else kind)
