"""One slice of a dataset, made at the same time as other processes make the others."""

from __future__ import annotations

from synthset.engine.choice import EngineChoice
from synthset.engine.dataset_run import DatasetRun
from synthset.engine.reference import Imported
from synthset.machine import ProgressBar
from synthset.recipe.recipe import Recipe
from synthset.source import Material
from synthset.store.dataset import Dataset
from synthset.store.lock import take_turn
from synthset.store.slices import Slice


def make_slice(
    dataset: Dataset,
    recipe: Recipe,
    material: Material,
    choice: EngineChoice,
    bar: ProgressBar,
    imported: Imported,
    part: Slice,
    take_over: bool | None,
    what: str = "source",
) -> None:
    """Make the images, features and scores of a slice's shards.

    Who comes first plans the dataset, and trains what the source needs; the others wait, and find
    it done. What belongs to the whole set is left to a run without slices.

    Args:
        dataset: that the slices share.
        recipe: the same for all.
        material: what the source holds.
        choice: the engine of this slice.
        bar: shows the progress.
        imported: gives references.
        part: the slice, which this process holds.
        take_over: see `store.lock.hold`.
        what: the dataset is, in messages.

    Raises:
        DatasetLocked: another process works on the whole, or on a slice by another recipe.
        StageError: a stage failed on some shards of the slice.
    """
    with take_turn(dataset.folder, part, take_over, bar.say):
        run = DatasetRun(dataset, recipe, material, choice, bar, imported, what, part)
        run.lay_out()
    run.make_slice()
