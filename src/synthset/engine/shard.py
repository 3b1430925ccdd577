"""The unit of work: the stages of one pass on one shard. What is committed is never computed
again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from synthset.engine.catalog import Spec
from synthset.errors import StageError, TooManyFailures
from synthset.stage import Rows, Stage
from synthset.store.dataset import Dataset

Failures = dict[str, list[tuple[int, str]]]  # by role
OnFailures = Callable[[str, int, list[tuple[int, str]]], None]
AHEAD = 2  # chunks prepared before, and written behind, the one in the model


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a shard, and the tables that still lack them."""

    shard: int
    start: int
    rows: Rows
    specs: tuple[Spec, ...]


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """What became of a shard."""

    shard: int
    rows: int
    seconds: float
    failed_rows: int = 0
    error: str | None = None


def run_shard(
    dataset: Dataset,
    stages: dict[Spec, Stage],
    shard: int,
    on_rows: Callable[[int], None],
    on_failures: OnFailures = lambda role, shard, failed: None,
) -> ShardOutcome:
    """Compute what a shard still lacks: chunk by chunk into the spool, then its cells.

    Preparing and finishing run on threads beside the model. A kill loses at most the chunks in
    flight; a stage that fails leaves its finished chunks, and the other shards go on.

    Args:
        dataset: where everything lies.
        stages: the tables of one pass, each with its opened stage.
        shard: number of the shard.
        on_rows: called with the number of rows as they get done (found ones count too).
        on_failures: called with the role of a table, the shard, and each row of it that failed now,
            though all that it is made from was there, with its error.

    Raises:
        TooManyFailures: `on_failures` has had enough.
    """
    begun = time.monotonic()
    todo = {spec: stage for spec, stage in stages.items() if not dataset.has(spec.table, shard)}
    inputs = list(dict.fromkeys(name for spec in todo for name in spec.inputs))
    if not todo:
        return ShardOutcome(shard, 0, 0.0)
    columns = {name for stage in todo.values() for name in stage.reads}
    try:
        rows = dataset.read_shard(inputs, shard, sorted(columns))
        done = sum(_compute(dataset, todo, shard, rows, on_rows, on_failures))
    except TooManyFailures:
        raise
    except (
        Exception
    ) as fault:  # a bad shard fails alone: reported by the caller, finished chunks are kept
        return ShardOutcome(shard, 0, time.monotonic() - begun, error=_describe(fault))
    failed = 0
    for spec in todo:
        failed = max(failed, assemble(dataset, spec, shard, rows.column("id")))
    on_rows(rows.num_rows - done)
    return ShardOutcome(shard, rows.num_rows, time.monotonic() - begun, failed_rows=failed)


def _describe(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}" if str(fault) else type(fault).__name__


def _chunks(dataset: Dataset, specs: Iterable[Spec], shard: int, rows: pa.Table) -> Iterator[Chunk]:
    """Cut what is missing into chunks; tables that lack the same rows share one."""
    specs = tuple(specs)
    size = max(spec.chunk for spec in specs)
    have = {spec: list_covered_rows(dataset.list_sound_chunks(spec.table, shard)) for spec in specs}
    start = 0
    while start < rows.num_rows:
        lacking = tuple(spec for spec in specs if start not in have[spec])
        stop = start + 1
        while (
            stop < rows.num_rows
            and stop % size != 0
            and tuple(spec for spec in specs if stop not in have[spec]) == lacking
        ):
            stop += 1
        if lacking:
            yield Chunk(shard, start, Rows(rows.slice(start, stop - start)), lacking)
        start = stop


def list_covered_rows(chunks: list[tuple[int, int]]) -> set[int]:
    """The rows that some chunks hold, given as (first row, rows)."""
    return {row for start, count in chunks for row in range(start, start + count)}


def _compute(
    dataset: Dataset,
    stages: dict[Spec, Stage],
    shard: int,
    rows: pa.Table,
    on_rows: Callable[[int], None],
    on_failures: OnFailures,
) -> Iterator[int]:
    """Run the missing chunks, and yield how many rows each had."""

    def prepare(chunk: Chunk) -> dict[Spec, Any]:
        return {spec: stages[spec].prepare(chunk.rows) for spec in chunk.specs}

    def finish(chunk: Chunk, computed: dict[Spec, Any]) -> tuple[int, Failures]:
        failures: Failures = {}
        for spec in chunk.specs:
            table = _check_output(
                stages[spec], spec, chunk, stages[spec].finish(chunk.rows, computed[spec])
            )
            dataset.write_chunk(spec.table, shard, chunk.start, table)
            failures[spec.role] = _find_failed_rows(chunk, table, stages[spec].excused)
        return len(chunk.rows), failures

    def tell(future: Future[tuple[int, Failures]]) -> int:
        count, failures = future.result()
        on_rows(count)
        for role, failed in failures.items():
            if failed:
                on_failures(role, shard, failed)
        return count

    with ThreadPoolExecutor(1) as readers, ThreadPoolExecutor(2) as writers:
        waiting = _prepare_ahead(_chunks(dataset, stages, shard, rows), readers, prepare)
        writing: list[Future[tuple[int, Failures]]] = []
        for chunk, prepared in waiting:
            computed = {
                spec: stages[spec].compute(chunk.rows, prepared.result()[spec])
                for spec in chunk.specs
            }
            writing.append(writers.submit(finish, chunk, computed))
            while len(writing) > AHEAD:
                yield tell(writing.pop(0))
        for future in writing:
            yield tell(future)


def _find_failed_rows(
    chunk: Chunk, table: pa.Table, excused: frozenset[str]
) -> list[tuple[int, str]]:
    """The rows that failed here, and in nothing that they are made from."""
    pairs = zip(table.column("error").to_pylist(), chunk.rows.column("error"), strict=True)
    return [
        (chunk.start + row, error)
        for row, (error, before) in enumerate(pairs)
        if error is not None and before is None and error not in excused
    ]


def _prepare_ahead(
    chunks: Iterator[Chunk],
    pool: ThreadPoolExecutor,
    prepare: Callable[[Chunk], dict[Spec, Any]],
) -> Iterator[tuple[Chunk, Future[dict[Spec, Any]]]]:
    """Prepare a few chunks in advance."""
    waiting: list[tuple[Chunk, Future[dict[Spec, Any]]]] = []
    for chunk in chunks:
        waiting.append((chunk, pool.submit(prepare, chunk)))
        if len(waiting) > AHEAD:
            yield waiting.pop(0)
    yield from waiting


def _check_output(stage: Stage, spec: Spec, chunk: Chunk, table: pa.Table) -> pa.Table:
    """Hold a stage to its word: its columns, all rows, and the ids put back in front."""
    promised = [*stage.writes.names, "error"]
    if table.column_names != promised or table.num_rows != len(chunk.rows):
        raise StageError(
            f"{spec.role}: it returned {table.num_rows} rows of {table.column_names} instead of "
            f"{len(chunk.rows)} rows of {promised}"
        )
    return table.add_column(0, "id", chunk.rows.table.column("id"))


def assemble(dataset: Dataset, spec: Spec, shard: int, ids: pa.ChunkedArray) -> int:
    """Join the chunks of a shard to its cell; the number of rows with an error."""
    chunks = dataset.chunks(spec.table, shard)
    if not chunks and dataset.has(spec.table, shard):
        return 0
    table = pa.concat_tables(
        [dataset.read_chunk(spec.table, shard, *chunk) for chunk in _drop_nested(chunks)]
    )
    if not table.column("id").combine_chunks().equals(ids.combine_chunks()):
        raise StageError(
            f"{spec.role}: the chunks of shard {shard} don't contain its records in order"
        )
    dataset.write_cell(spec.table, shard, table.replace_schema_metadata(None))
    dataset.clear_chunks(spec.table, shard)
    return int(table.num_rows - table.column("error").null_count)


def _drop_nested(chunks: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Leave out chunks that lie within others (two launchers with different batch sizes)."""
    reached = 0
    for start, count in chunks:
        if start == reached:
            yield start, count
            reached = start + count
