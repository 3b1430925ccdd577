"""Looks at a finished dataset with other thresholds; reads only."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthset.encoders.feature_reader import FeatureReader, RealImages
from synthset.engine.reference import choose_comparison, find_reference
from synthset.errors import DatasetError, UsageError
from synthset.metrics.sets.gaussian import Gaussian
from synthset.recipe.recipe import Recipe, get_conflict_rule, load_stored
from synthset.selection.what_if import Case, move_limits
from synthset.store.dataset import Dataset

MOST = 20_000  # records that a run looks at, drawn evenly: enough for a curve, and soon done


@dataclass(frozen=True)
class WhatIf:
    """Cases, and what they were measured with.

    Attributes:
        cases: of `move_limits`.
        encoder: by which distance, coverage and diversity are taken; None where there is none.
        reference: what the distance is to; None where there is none.
        records: how many were looked at.
        of: how many there are.
    """

    cases: list[Case]
    encoder: str | None
    reference: str | None
    records: int
    of: int

    @property
    def title(self) -> str:
        """Say what the figures are."""
        by = f"{self.records:,} images; FD, coverage and Vendi by {self.encoder or 'no encoder'}"
        return by + (f", against {self.reference}" if self.reference else "")


def find_what_if(path: str | os.PathLike[str]) -> WhatIf:
    """Find out what each limit's threshold would leave.

    Raises:
        DatasetError: there is no dataset, or nothing has run.
        UsageError: the selection has no limit with a number.
    """
    dataset = Dataset.open(path)
    recipe = load_stored(dataset.recipe_content())

    def imported(name: str) -> Dataset:
        return Dataset.open(find_reference(dataset, recipe, name))

    found = compute_what_if(dataset, recipe, imported)
    if not found.cases:
        raise UsageError(
            f"{dataset.path}: the selection has no limit with min or max; add a step of kind "
            "limits, such as `limits: {recognition_probability: {min: 0.5}}`"
        )
    return found


def compute_what_if(
    dataset: Dataset,
    recipe: Recipe,
    imported: Callable[[str], Dataset],
    most: int | None = None,
) -> WhatIf:
    """Move each limit of a recipe over a dataset's scores.

    Args:
        dataset: with finished features and scores.
        recipe: whose limits move.
        imported: gives a reference of images by its name.
        most: records to look at, drawn evenly; none looks at all.
    """
    view = dataset.view
    records = dataset.read_records(view)
    count = len(records)
    if most is not None and count > most:
        records = records.take(pa.array(np.linspace(0, count - 1, most).astype(np.int64)))
    encoder, reference = choose_comparison(recipe)
    reader = FeatureReader(dataset, view, records, recipe, imported)
    features = None if encoder is None else reader.features(encoder)
    real: RealImages | Gaussian | None = None
    if encoder is not None and reference is not None:
        try:
            real = reader.real(reference, encoder)
        except DatasetError:  # not imported yet: all but distance and coverage can be told
            reference = None
    rule = get_conflict_rule(recipe)
    cases = move_limits(records, recipe.selection, features, real, conflicts=rule)
    return WhatIf(cases, encoder, reference, len(records), count)
