"""Reads what encoders saw: of a dataset's images, and of the reference sets that it is compared
with. Steps of a selection, scores of a set and metrics get all their features here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthset.encoders.statistics_files import read_statistics
from synthset.metrics.features import Features
from synthset.metrics.sets.gaussian import Gaussian, GaussianAccumulator
from synthset.recipe.recipe import Recipe
from synthset.seeds import digest
from synthset.stage import list_column
from synthset.store.dataset import Dataset, View

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RealImages:
    """Real images as one encoder sees them.

    Attributes:
        features: (M, D) float32.
        classes: (M,) key of each image's class.
        names: (M,) name of each image's class.
        contents: (M,) hash of each image's bytes.
        ids: (M,) of the records of the reference set.
    """

    features: Features
    classes: Sequence[str]
    names: Sequence[str]
    contents: Sequence[str]
    ids: Sequence[str]

    def take(self, rows: Rows) -> RealImages:
        """Some of the images."""
        texts = (self.classes, self.names, self.contents, self.ids)
        return RealImages(self.features[rows], *([of[row] for row in rows] for of in texts))

    def find_rows(self, key: str, name: str) -> Rows:
        """Rows of a class: by its key, else by its name, whatever the case."""
        rows = np.flatnonzero(np.array([found == key for found in self.classes], dtype=bool))
        if len(rows):
            return rows
        same = [found.casefold() == name.casefold() for found in self.names]
        return np.flatnonzero(np.array(same, dtype=bool))

    def split(self, use: float) -> Mask:
        """(M,) which images choose; the others only measure. By content: copies stay together."""
        draws = [int(digest(["chooses", content], size=6), 16) for content in self.contents]
        return np.array(draws, dtype=np.float64) < use * 2.0**48


@dataclass(frozen=True, eq=False)
class Reference:
    """A reference set as one encoder sees it.

    Attributes:
        gaussian: mean and covariance of its features.
        what: it is, in words.
        read: reads its images; None where only statistics are stored.
    """

    gaussian: Gaussian
    what: str
    read: Callable[[], RealImages] | None = None

    def images(self) -> RealImages:
        """Read its images anew, for a reference that has some."""
        assert self.read is not None
        return self.read()


class FeatureReader:
    """Reads features where a run has put them; a reference is imported when it is first asked for.

    Args:
        dataset: whose images were encoded.
        view: its tables.
        records: those whose features are read, in plan order.
        recipe: names encoders and references.
        imported: imports a reference of images, by its name.
    """

    def __init__(
        self,
        dataset: Dataset,
        view: View,
        records: pa.Table,
        recipe: Recipe,
        imported: Callable[[str], Dataset],
    ) -> None:
        self.dataset = dataset
        self.records = records
        self.recipe = recipe
        self.imported = imported
        self.tables = view.features
        self._references: dict[tuple[str, str], Reference] = {}

    def features(self, encoder: str, column: str = "features") -> Features:
        """(N, D) float32, in the order of the records; NaN where an image has none. Column
        `logits` gives those of a classifier."""
        return _read_in_order(self.dataset, self.tables[encoder], self.records["id"], column)

    def blocks(self, encoder: str, rows: Mask) -> Iterator[Features]:
        """Features of some records, shard by shard; images without any are left out.

        Args:
            encoder: its name.
            rows: (N,) which records, of all that the dataset has.
        """
        first = 0
        for features in _shards(self.dataset, self.tables[encoder]):
            here = rows[first : first + len(features)] & ~np.isnan(features[:, 0])
            first += len(features)
            if here.any():
                yield features[here]

    def of(self, reference: str, scores: bool = False) -> FeatureReader:
        """A reader of the images of a reference set, with the columns of their scores if wanted."""
        dataset = self.imported(reference)
        records = dataset.read_records(dataset.view, scores=scores)
        return FeatureReader(dataset, dataset.view, records, self.recipe, self.imported)

    def real(self, reference: str, encoder: str) -> RealImages | Gaussian:
        """A reference set: its images, or a Gaussian where only statistics are stored."""
        settings = self.recipe.references[reference]
        if settings.kind == "statistics":
            return read_statistics(settings, self.recipe.encoders[encoder])[0]
        return self._images(reference, encoder)

    def reference(self, name: str, encoder: str) -> Reference:
        """A reference set, with mean and covariance of its features, computed once."""
        if (name, encoder) not in self._references:
            self._references[name, encoder] = self._reference(name, encoder)
        return self._references[name, encoder]

    def other_encoders(self, reference: str, encoder: str) -> list[str]:
        """Name the other encoders that have seen the records and the reference's images."""
        if self.recipe.references[reference].kind == "statistics":
            return []
        theirs = self.imported(reference).view.features
        return [name for name in self.tables if name in theirs and name != encoder]

    def _images(self, reference: str, encoder: str) -> RealImages:
        theirs = self.of(reference)
        features = theirs.features(encoder)
        there = ~np.isnan(features[:, 0])
        records = theirs.records.filter(pa.array(there))
        keys, names, contents, ids = (
            records[name].to_pylist() for name in ("class_key", "class_name", "sha256", "id")
        )
        return RealImages(features[there], keys, names, contents, ids)

    def _reference(self, name: str, encoder: str) -> Reference:
        settings = self.recipe.references[name]
        if settings.kind == "statistics":
            stored, source = read_statistics(settings, self.recipe.encoders[encoder])
            return Reference(stored, f"{source}, {stored.n:,} images")
        dataset, accumulator = self.imported(name), GaussianAccumulator()
        for features in _shards(dataset, dataset.view.features[encoder]):
            accumulator.add(features[~np.isnan(features[:, 0])])
        found = accumulator.gaussian()
        read = partial(self._images, name, encoder)
        return Reference(found, f"{name}, {found.n:,} images", read)


def _shards(dataset: Dataset, table: str) -> Iterator[Features]:
    """A table's features, shard by shard."""
    read = partial(dataset.read_cell, table, columns=["features"])
    for cell in dataset.folder.map(read, dataset.shards(table)):
        yield list_column(cell, "features")


def _read_in_order(dataset: Dataset, table: str, ids: pa.ChunkedArray, column: str) -> Features:
    """A column of a table of features, in the order of some ids."""
    rows = dataset.read(table, ["id", column])
    places = pc.index_in(ids, value_set=rows["id"].combine_chunks())
    found: Features = list_column(rows.take(places.combine_chunks()), column)
    return found
