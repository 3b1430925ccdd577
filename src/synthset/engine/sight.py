"""What a selection sees of a dataset: its features, and the reference sets'."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthset.engine.reference import read_statistics, reference_mark
from synthset.metrics.features import Features
from synthset.metrics.sets.gaussian import Gaussian
from synthset.recipe.recipe import Recipe
from synthset.recipe.steps import Duplicates, SelectionStep
from synthset.selection.looks import Looks
from synthset.selection.review import read_review
from synthset.selection.sight import Real
from synthset.stage import list_column
from synthset.store.dataset import Dataset, View


class DatasetSight:
    """Reads features where a run has put them; a reference is imported when it is first asked for.

    Args:
        dataset: the one that is selected from.
        view: its tables.
        records: those that are selected from, in plan order.
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
        self._dataset = dataset
        self._view = view
        self._records = records
        self._recipe = recipe
        self._imported = imported
        self._features: dict[str, Features] = {}

    def features(self, encoder: str) -> Features:
        """(N, D) float32, in the order of the records; NaN where an image has none."""
        if encoder not in self._features:
            ids = self._records.column("id")
            self._features[encoder] = _in_order(self._dataset, self._view, encoder, ids)
        return self._features[encoder]

    def real(self, reference: str, encoder: str) -> Real | Gaussian:
        """A reference set: its images, or a Gaussian where only statistics are stored."""
        settings = self._recipe.references[reference]
        if settings.kind == "statistics":
            return read_statistics(settings, self._recipe.encoders[encoder]).gaussian
        dataset = self._imported(reference)
        records = dataset.read_records(dataset.view, scores=False)
        features = _in_order(dataset, dataset.view, encoder, records.column("id"))
        there = ~np.isnan(features[:, 0])
        columns = records.select(["class_key", "class_name", "sha256"]).filter(pa.array(there))
        return Real(
            features[there],
            columns.column("class_key").to_pylist(),
            columns.column("class_name").to_pylist(),
            columns.column("sha256").to_pylist(),
        )

    def looks(self, reference: str, settings: Duplicates) -> Looks:
        """The images of a reference set, with what a search for copies compares."""
        return looks_of(
            self._imported(reference),
            None if settings.radius is None else settings.score,
            settings.encoder,
        )

    def others(self, reference: str, encoder: str) -> list[str]:
        """Name the other encoders that have seen the records and the reference's images."""
        if self._recipe.references[reference].kind == "statistics":
            return []
        theirs = self._imported(reference).view.features
        return [name for name in self._view.features if name in theirs and name != encoder]

    def tables(self) -> list[object]:
        """Name all that the recipe's selection reads besides the records: for its fingerprint."""
        read: list[object] = []
        if self._recipe.selection.review is not None:
            said = read_review(self._recipe.selection.review)
            read.append({name: [verdict.keep, verdict.note] for name, verdict in said.items()})
        for step in self._recipe.selection.steps:
            read += self._looked_at(step)
        return read

    def _looked_at(self, step: SelectionStep) -> list[object]:
        """Name what a step reads."""
        read: list[object] = []
        if step.version != "1":  # what had no version before is what it was
            read.append(step.version)
        if step.seen_by is not None:
            read.append(self._view.features[step.seen_by])
        for name in step.compares:
            if step.chooses:
                for encoder in (*self.others(name, step.seen_by or ""), step.seen_by or ""):
                    read.append(self._view.features[encoder])
                    read.append(self._mark(name, encoder))
            else:
                read.append(self._mark(name, step.seen_by or ""))
            if step.hashed_by is not None:
                read.append(self._imported(name).view.scores[step.hashed_by])
        return read

    def _mark(self, reference: str, encoder: str) -> list[object]:
        return reference_mark(self._recipe, reference, encoder, self._imported)


def looks_of(dataset: Dataset, score: str | None, encoder: str | None) -> Looks:
    """What the images of a dataset are compared by in a search for copies.

    Args:
        dataset: an imported reference.
        score: name of its perceptual hash; none leaves that out.
        encoder: name of an encoder; none leaves features out.
    """
    records = dataset.read_records(dataset.view, scores=score is not None)
    records = records.filter(pc.is_valid(records.column("sha256")))
    return Looks(
        records.column("id").to_pylist(),
        records.column("sha256").to_pylist(),
        None if score is None else records.column(score).to_pylist(),
        None if encoder is None else _in_order(dataset, dataset.view, encoder, records["id"]),
        [_place(source) for source in records.column("source").to_pylist()],
        records.column("class_name").to_pylist(),
    )


def _place(source: str | None) -> str | None:
    """A file and its folder; what lies above them is the machine's own."""
    return source and "/".join(source.split("/")[-2:])


def _in_order(dataset: Dataset, view: View, encoder: str, ids: pa.ChunkedArray) -> Features:
    """A table's features in the order of some ids."""
    rows = dataset.read(view.features[encoder], ["id", "features"])
    places = pc.index_in(ids, value_set=rows.column("id").combine_chunks())
    found: Features = list_column(rows.take(places.combine_chunks()), "features")
    return found
