"""Scores that the whole set gives its images. They change when the set does, so their tables are
named by how many records there are as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from synthset.encoders.feature_reader import FeatureReader
from synthset.engine.reference import mark_reference
from synthset.errors import ModelError
from synthset.kinds import carry_out
from synthset.metrics.features import Scores
from synthset.recipe.recipe import Recipe
from synthset.recipe.scores import ScoreSettings
from synthset.seeds import fingerprint
from synthset.store.dataset import Dataset, View


@dataclass(frozen=True)
class SetScores:
    """A table that was written, or was there.

    Attributes:
        prefix: of the score.
        table: name of its table.
        computed: records it was computed for; 0 if it was there.
    """

    prefix: str
    table: str
    computed: int


def write_set_scores(
    dataset: Dataset, recipe: Recipe, view: View, imported: Callable[[str], Dataset]
) -> Iterator[SetScores]:
    """Compute the set's scores of its images, those that are missing.

    Args:
        dataset: with finished features.
        recipe: whose set scores are wanted.
        view: its tables.
        imported: gives a reference of images by its name.

    Raises:
        ModelError: a score doesn't give the columns that its settings promise.
    """
    for score in recipe.scores:
        if score.reads != "set":
            continue
        table = _table(dataset, recipe, view, imported, score)
        missing = set(dataset.shards(view.plan)) - set(dataset.shards(table))
        if not missing:
            yield SetScores(score.prefix, table, 0)
            continue
        records = dataset.read_records(view, scores=False)
        columns = carry_out(score, score, FeatureReader(dataset, view, records, recipe, imported))
        if tuple(columns) != score.columns:
            found = f"it wrote the columns {list(columns)}, but declares {list(score.columns)}"
            raise ModelError(f"scores/{score.prefix}: {found}")
        _write(dataset, view, table, columns)
        yield SetScores(score.prefix, table, len(records))


def _table(
    dataset: Dataset,
    recipe: Recipe,
    view: View,
    imported: Callable[[str], Dataset],
    score: ScoreSettings,
) -> str:
    seen_by = score.seen_by or ""
    read: list[object] = [view.features.get(seen_by), dataset.rows_in(view.plan)]
    if score.compares is not None:
        read.append(mark_reference(recipe, score.compares, seen_by, imported))
    identity = score.full_identity()
    version = identity.pop("version")
    return f"scores-{score.prefix}-{fingerprint([identity, version, read])}"


def _write(dataset: Dataset, view: View, table: str, columns: Mapping[str, Scores]) -> None:
    """Cut the columns into the shards of the plan."""
    first = 0
    for shard in dataset.shards(view.plan):
        ids = dataset.read_cell(view.plan, shard, ["id"]).column("id")
        part = slice(first, first + len(ids))
        first += len(ids)
        values = {
            name: pa.array(column[part], pa.float64(), from_pandas=True)
            for name, column in columns.items()
        }
        rows = pa.table({"id": ids, **values, "error": pa.nulls(len(ids), pa.string())})
        dataset.write_cell(table, shard, rows)
