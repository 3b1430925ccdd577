"""Finished rows of other plans: an id names what decides the pixels, so they are not made again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from synthset.engine.catalog import Spec, plan_passes
from synthset.engine.shard import assemble, list_covered_rows
from synthset.recipe.recipe import Recipe
from synthset.store.dataset import Dataset

#: Columns of the plan that a score may read besides what the id stands for.
READ = ("class_name", "prompt")

Key = tuple[str, ...]
Place = tuple[str, int, int]  # table, shard, row


def take_over(
    dataset: Dataset, recipe: Recipe, plan: str, specs: Sequence[Spec], shards: Sequence[int]
) -> dict[Spec, int]:
    """Put the finished rows that other plans have in common with this one into its tables.

    Rows that failed are left out, so that they are tried again.

    Args:
        dataset: whose plans are looked through.
        recipe: names the tables.
        plan: the plan whose tables lack rows.
        specs: of one pass.
        shards: of the plan that may be written.

    Returns:
        Rows that were taken over, of each table that took some.
    """
    names = [name for name in dataset.folder.names() if name.startswith("plan-") and name != plan]
    taken: dict[Spec, int] = {}
    for spec in specs:
        finished = set(dataset.shards(spec.table))
        todo = [shard for shard in shards if shard not in finished]
        others = {name: _table(recipe, name, spec.role) for name in names} if todo else {}
        places = dict(_find_finished_rows(dataset, spec, others))
        rows = sum(_take(dataset, spec, plan, shard, places) for shard in todo if places)
        if rows:
            taken[spec] = rows
    return taken


def _table(recipe: Recipe, plan: str, role: str) -> str:
    """The table that a recipe would have for a role by another plan."""
    return next(
        spec.table for specs in plan_passes(recipe, plan) for spec in specs if spec.role == role
    )


def _find_finished_rows(
    dataset: Dataset, spec: Spec, others: dict[str, str]
) -> Iterator[tuple[Key, Place]]:
    """Where each finished row without a fault lies."""
    for plan, table in others.items():
        for shard in dataset.shards(table):
            errors = dataset.read_cell(table, shard, ["error"]).column("error").to_pylist()
            keys = _keys(dataset, spec, plan, shard)
            for row, (key, error) in enumerate(zip(keys, errors, strict=True)):
                if error is None:
                    yield key, (table, shard, row)


def _keys(dataset: Dataset, spec: Spec, plan: str, shard: int) -> list[Key]:
    """What decides each row of a table: the id; and the words, where they are compared with."""
    scored = spec.role.startswith("scores/") and spec.inputs[-1].startswith("plan-")
    columns = ["id", *READ] if scored else ["id"]
    cell = dataset.read_cell(plan, shard, columns)
    return list(zip(*(cell.column(name).to_pylist() for name in columns), strict=True))


def _take(dataset: Dataset, spec: Spec, plan: str, shard: int, places: dict[Key, Place]) -> int:
    """Write what there is as chunks of the shard; all of it makes the cell."""
    keys = _keys(dataset, spec, plan, shard)
    have = list_covered_rows(dataset.list_sound_chunks(spec.table, shard))
    rows = [row for row, key in enumerate(keys) if key in places and row not in have]
    if not rows:
        return 0
    cells = {
        cell: dataset.read_cell(*cell) for cell in dict.fromkeys(places[keys[r]][:2] for r in rows)
    }
    for start, stop in _runs(rows):
        found = [places[key] for key in keys[start:stop]]
        parts = [cells[table, other].slice(row, 1) for table, other, row in found]
        dataset.write_chunk(spec.table, shard, start, pa.concat_tables(parts).combine_chunks())
    if len(have) + len(rows) == len(keys):
        ids = pa.chunked_array([pa.array([key[0] for key in keys], pa.string())])
        assemble(dataset, spec, shard, ids)
    return len(rows)


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Join neighbouring rows: (first, one past the last)."""
    start = stop = rows[0]
    for row in rows:
        if row != stop:
            yield start, stop
            start = row
        stop = row + 1
    yield start, stop
