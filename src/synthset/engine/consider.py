"""Looks at a finished dataset with other thresholds; reads only."""

from __future__ import annotations

import os
from dataclasses import dataclass

import yaml

from synthset.engine.reference import reference_place
from synthset.engine.sight import DatasetSight
from synthset.errors import DatasetError, UsageError
from synthset.metrics.gaussian import Gaussian
from synthset.recipe.recipe import Recipe, load_recipe
from synthset.selection.sight import Real
from synthset.selection.what_if import Case, what_if
from synthset.store.dataset import Dataset


@dataclass(frozen=True)
class Considered:
    """Cases, and a line that says what they were measured with."""

    title: str
    cases: list[Case]


def consider(path: str | os.PathLike[str]) -> Considered:
    """Find out what each limit's threshold would leave.

    Encoder and reference are those of the recipe's first Fréchet distance, else of its first
    `nearest_set`, else the first encoder and no reference.

    Raises:
        DatasetError: there is no dataset, or nothing has run.
        UsageError: the selection has no limit with a number.
    """
    dataset = Dataset.open(path)
    recipe = load_recipe(yaml.safe_load(dataset.read_text("recipe.yaml")))
    view = dataset.view
    records = dataset.read_records(view)
    encoder, reference = _compared(recipe)

    def imported(name: str) -> Dataset:
        return Dataset.open(reference_place(dataset, recipe, name))

    sight = DatasetSight(dataset, view, records, recipe, imported)
    features = None if encoder is None else sight.features(encoder)
    real: Real | Gaussian | None = None
    if encoder is not None and reference is not None:
        try:
            real = sight.real(reference, encoder)
        except DatasetError:  # not imported yet: all but distance and coverage can be told
            reference = None
    cases = what_if(records, recipe.selection, features, real)
    if not cases:
        raise UsageError(
            f"{dataset.path}: the selection has no limit with min or max; add a step of kind "
            "limits, such as `limits: {recognition_probability: {min: 0.5}}`"
        )
    title = f"{dataset.name}: {len(records):,} images; FD and Vendi by {encoder or 'no encoder'}"
    return Considered(title + (f", against {reference}" if reference else ""), cases)


def _compared(recipe: Recipe) -> tuple[str | None, str | None]:
    for metric in recipe.metrics:
        if metric.kind == "frechet_distance":
            return metric.encoder, metric.reference
    for step in recipe.selection.steps:
        if step.kind == "nearest_set":
            return step.encoder, step.reference
    return next(iter(recipe.encoders), None), None
