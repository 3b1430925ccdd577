"""The parts of the work on a shard: what it lacks, a chunk of it, its cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from synthset.engine.catalog import Spec
from synthset.engine.chunk_feed import ShardTodo
from synthset.errors import StageError
from synthset.stage import Rows, Stage
from synthset.store.dataset import Dataset


def find_todo(
    dataset: Dataset, number: int, specs: Sequence[Spec], shard: int, rows: int
) -> ShardTodo:
    """Find out what a shard of a pass lacks.

    Args:
        dataset: where everything lies.
        number: of the pass.
        specs: its tables.
        shard: number of the shard.
        rows: of the shard.
    """
    lacking = {at: spec for at, spec in enumerate(specs) if not dataset.has(spec.table, shard)}
    covered = {
        at: frozenset(list_covered_rows(dataset.list_sound_chunks(spec.table, shard)))
        for at, spec in lacking.items()
    }
    size = max((spec.chunk for spec in lacking.values()), default=1)
    return ShardTodo(number, shard, rows, size, covered)


def list_covered_rows(chunks: list[tuple[int, int]]) -> set[int]:
    """The rows that some chunks hold, given as (first row, rows)."""
    return {row for start, count in chunks for row in range(start, start + count)}


def check_output(stage: Stage, spec: Spec, rows: Rows, table: pa.Table) -> pa.Table:
    """Hold a stage to its word: its columns, all rows, and the ids put back in front.

    Raises:
        StageError: it gave something else.
    """
    promised = [*stage.writes.names, "error"]
    if table.column_names != promised or table.num_rows != len(rows):
        raise StageError(
            f"{spec.role}: it returned {table.num_rows} rows of {table.column_names} instead of "
            f"{len(rows)} rows of {promised}"
        )
    return table.add_column(0, "id", rows.table.column("id"))


def find_failed_rows(
    rows: Rows, start: int, table: pa.Table, excused: frozenset[str]
) -> list[tuple[int, str]]:
    """The rows that failed here, and in nothing that they are made from.

    Args:
        rows: what they are made from.
        start: row of the shard that is the first of them.
        table: what was made.
        excused: errors that are no failure.
    """
    pairs = zip(table.column("error").to_pylist(), rows.column("error"), strict=True)
    return [
        (start + row, error)
        for row, (error, before) in enumerate(pairs)
        if error is not None and before is None and error not in excused
    ]


def assemble(dataset: Dataset, spec: Spec, shard: int, ids: pa.ChunkedArray) -> int:
    """Join the chunks of a shard to its cell; the number of rows with an error."""
    if dataset.has(spec.table, shard):  # by a worker that died before it could say so
        dataset.clear_chunks(spec.table, shard)
        return 0
    try:
        table = _join_chunks(dataset, spec, shard, ids)
    except (FileNotFoundError, StageError):
        if not dataset.has(spec.table, shard):
            raise
        return 0  # by one that was taken for dead, and was faster
    dataset.write_cell(spec.table, shard, table.replace_schema_metadata(None))
    dataset.clear_chunks(spec.table, shard)
    return int(table.num_rows - table.column("error").null_count)


def _join_chunks(dataset: Dataset, spec: Spec, shard: int, ids: pa.ChunkedArray) -> pa.Table:
    chunks = _drop_nested(dataset.chunks(spec.table, shard))
    tables = [dataset.read_chunk(spec.table, shard, *chunk) for chunk in chunks]
    table = pa.concat_tables(tables) if tables else None
    if table is None or not table.column("id").combine_chunks().equals(ids.combine_chunks()):
        raise StageError(
            f"{spec.role}: the chunks of shard {shard} don't contain its records in order"
        )
    return table


def _drop_nested(chunks: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Leave out chunks that lie within others (two launchers with different batch sizes)."""
    reached = 0
    for start, count in chunks:
        if start == reached:
            yield start, count
            reached = start + count
