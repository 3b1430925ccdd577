"""Scores that the whole set gives its images: what its metrics owe to each, and where each lies.

They change when the set does, so their tables are named by how many records there are as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import softmax

from synthset.engine.reference import reference_mark
from synthset.engine.sight import DatasetSight
from synthset.metrics.features import Features
from synthset.metrics.sets.gaussian import Gaussian, gaussian
from synthset.metrics.sets.influence import fd_influence, is_influence
from synthset.metrics.sets.prdc import neighbourhoods
from synthset.metrics.sets.worth import typicality
from synthset.recipe.recipe import Recipe
from synthset.recipe.scores import FdInfluence, IsContribution, Neighbours, SetScore
from synthset.seeds import fingerprint
from synthset.selection.sight import Real
from synthset.stage import list_column
from synthset.store.dataset import Dataset, View

FEWEST = 3  # images that one can be left out of

Columns = dict[str, NDArray[np.float64]]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Worth:
    """A table that was written, or was there.

    Attributes:
        prefix: of the score.
        table: name of its table.
        computed: records it was computed for; 0 if it was there.
    """

    prefix: str
    table: str
    computed: int


def write_worth(
    dataset: Dataset, recipe: Recipe, view: View, imported: Callable[[str], Dataset]
) -> Iterator[Worth]:
    """Compute the set's scores of its images, those that are missing.

    Args:
        dataset: with finished features.
        recipe: whose set scores are wanted.
        view: its tables.
        imported: gives a reference of images by its name.
    """
    for score in recipe.scores:
        if not isinstance(score, SetScore):
            continue
        table = _table(dataset, recipe, view, imported, score)
        missing = set(dataset.shards(view.plan)) - set(dataset.shards(table))
        if not missing:
            yield Worth(score.prefix, table, 0)
            continue
        records = dataset.read_records(view, scores=False)
        sight = DatasetSight(dataset, view, records, recipe, imported)
        columns = _compute(dataset, view, score, records, sight)
        _write(dataset, view, table, score, columns)
        yield Worth(score.prefix, table, len(records))


def _table(
    dataset: Dataset,
    recipe: Recipe,
    view: View,
    imported: Callable[[str], Dataset],
    score: SetScore,
) -> str:
    read: list[object] = [view.features[score.encoder], dataset.rows_in(view.plan)]
    if not isinstance(score, IsContribution):
        read.append(reference_mark(recipe, score.reference, score.encoder, imported))
    return f"scores-{score.prefix}-{fingerprint([score.identity(), score.version, read])}"


def _compute(
    dataset: Dataset, view: View, score: SetScore, records: pa.Table, sight: DatasetSight
) -> Columns:
    """Each column over all records, NaN where an image has no features or too few beside it."""
    columns = {name: np.full(len(records), np.nan) for name in score.columns}
    if isinstance(score, IsContribution):
        logits = list_column(dataset.read(view.features[score.encoder], ["logits"]), "logits")
        rows = np.flatnonzero(~np.isnan(logits[:, 0]))
        if len(rows) >= FEWEST:
            probabilities = softmax(logits[rows].astype(np.float64), axis=1)
            columns[score.columns[0]][rows] = is_influence(probabilities)
        return columns
    features = sight.features(score.encoder)
    real = sight.real(score.reference, score.encoder)
    for rows, among in _groups(score, records, features, real):
        for name, values in _within(score, features[rows], among).items():
            columns[name][rows] = values
    return columns


def _groups(
    score: FdInfluence | Neighbours, records: pa.Table, features: Features, real: Real | Gaussian
) -> Iterator[tuple[Rows, Features | Gaussian]]:
    """The records of each class with the real images of that class, or all with all."""
    there = np.flatnonzero(~np.isnan(features[:, 0]))
    if score.within == "all" or isinstance(real, Gaussian):
        yield there, real if isinstance(real, Gaussian) else real.features
        return
    labels = np.asarray(records.column("label"), dtype=np.int64)[there]
    for label in np.unique(labels):
        rows = there[labels == label]
        key, name = (records.column(c)[int(rows[0])].as_py() for c in ("class_key", "class_name"))
        yield rows, real.features[real.rows_of(key, name)]


def _within(
    score: FdInfluence | Neighbours, features: Features, real: Features | Gaussian
) -> Columns:
    """The columns of one group; nothing where it is too small."""
    if isinstance(score, FdInfluence):
        goal = real if isinstance(real, Gaussian) else None
        if isinstance(real, np.ndarray) and len(real) > 1:
            goal = gaussian(real)
        if goal is None or len(features) < FEWEST:
            return {}
        return {score.columns[0]: fd_influence(goal, features)}
    assert isinstance(real, np.ndarray)
    if min(len(features), len(real)) <= score.k:
        return {}
    found = neighbourhoods(real, features, score.k)
    values = (
        found.balls_around / score.k,
        found.covers.astype(np.float64),
        found.nearest_real_distance,
        typicality(real, features, score.k),
    )
    return dict(zip(score.columns, values, strict=True))


def _write(dataset: Dataset, view: View, table: str, score: SetScore, columns: Columns) -> None:
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
