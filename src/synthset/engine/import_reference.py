"""Imports and encodes the reference sets of images of a run, by runs of their own."""

from __future__ import annotations

from dataclasses import replace

from synthset.engine.check import forecast_run
from synthset.engine.choice import EngineChoice
from synthset.engine.dataset_run import DatasetRun
from synthset.engine.failures import collect_failures, count_errors
from synthset.engine.reference import find_reference, make_reference_recipe
from synthset.engine.slice_run import make_slice
from synthset.errors import RecipeError
from synthset.machine import ProgressBar
from synthset.recipe.recipe import Recipe
from synthset.store.dataset import Dataset
from synthset.store.lock import hold, hold_slice
from synthset.store.slices import Slice


class ImportedReferences:
    """The reference sets of images of a run, each imported and encoded once, when it is first asked
    for; or a slice of each."""

    def __init__(
        self,
        dataset: Dataset,
        recipe: Recipe,
        choice: EngineChoice,
        bar: ProgressBar,
        part: Slice | None = None,
    ) -> None:
        self._dataset = dataset
        self._recipe = recipe
        self._choice = choice
        self._bar = bar
        self._part = part
        self._imported: dict[str, Dataset] = {}

    def __call__(self, name: str) -> Dataset:
        """A reference set by its name."""
        if name not in self._imported:
            self._imported[name] = self._import(name)
        return self._imported[name]

    def _import(self, name: str) -> Dataset:
        """Import a set into a dataset of its own beside this one's tables."""
        recipe = make_reference_recipe(self._recipe, name)
        place = find_reference(self._dataset, self._recipe, name)
        ahead = forecast_run(recipe, place)
        if ahead.problems or ahead.material is None:
            raise RecipeError.of(
                [
                    replace(problem, where=problem.where.replace("source", f"references.{name}", 1))
                    for problem in ahead.problems
                ]
            )
        dataset = Dataset.create(place, name, recipe.engine.rows_per_shard)
        what = f"reference {name}"
        asked = dataset, recipe, ahead.material, self._choice, self._bar, self
        if self._part:
            with hold_slice(dataset.folder, self._part, take_over=True):
                make_slice(*asked, self._part, take_over=True, what=what)
            return dataset
        with hold(dataset.folder, take_over=True):  # who held it held our dataset, too
            DatasetRun(*asked, what).make()
        for role, errors in collect_failures(dataset).items():
            self._bar.say(f"{what}: {role}: {len(errors):,} failed: {count_errors(errors)}")
        return dataset
