"""Runs a recipe: does what is missing, and nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from synthset.engine.check import forecast_run
from synthset.engine.choice import EngineChoice
from synthset.engine.conclude import export, find_what_if, measure_set, read_prompts, report
from synthset.engine.dataset_run import DatasetRun
from synthset.engine.finished import Finished
from synthset.engine.import_reference import ImportedReferences
from synthset.engine.log import log_event
from synthset.engine.reference import Imported, list_imported
from synthset.engine.slice_run import make_slice
from synthset.errors import RecipeError, UsageError, raise_storage_errors
from synthset.export.accepted import refuse_unaccepted
from synthset.machine import ProgressBar
from synthset.notebook_bar import default_bar
from synthset.recipe.recipe import Recipe, load_recipe
from synthset.store.dataset import Dataset
from synthset.store.lock import hold, hold_slice
from synthset.store.slices import Slice
from synthset.user_code import refuse_code


@raise_storage_errors()
def run(
    recipe: Recipe | str | Path | Mapping[str, Any],
    output: str | os.PathLike[str] | None = None,
    *,
    overrides: Sequence[str] = (),
    workers: int | None = None,
    bar: ProgressBar | None = None,
    require_accepted: bool = False,
    allow_code: bool = False,
    take_over: bool = False,
    shards: str | None = None,
    engine: str = "local",
    address: str | None = None,
    gpus_per_worker: float | None = None,
) -> Dataset:
    """Make a dataset from a recipe, or bring one up to date with it.

    Finished work is never repeated: a killed run continues where it stopped, a changed limit
    repeats only the selection, and more images per class add shards. Nothing is deleted.

    Args:
        recipe: a recipe, its file, a shipped recipe's name, or its content.
        output: folder or URL of the dataset; none means `./<name of the recipe>`.
        overrides: changes to the recipe, such as `source.guidance_scale=3`.
        workers: worker processes; none means the recipe's.
        bar: shows the progress of each pass; none shows a bar in notebooks and is quiet elsewhere.
        require_accepted: export nothing if the kept images don't meet the recipe's `accept`.
        allow_code: run the recipe's own code, its scores and encoders of kind `python`;
            `SYNTHSET_ALLOW_CODE=1` in the environment does the same.
        take_over: in a bucket or on a network disk, don't wait until the place of a process that
            is gone is free; one that still lives ends at its next write of a shared file.
        shards: `i/n`, i from 0: make only the images, features and scores of every n-th shard,
            while other processes make the others; a run without it finishes the dataset.
        engine: `local`, or `ray` for the machines of a Ray cluster.
        address: of that cluster; `local` starts one on this machine; none means `RAY_ADDRESS`, or
            the one of which this machine is a part.
        gpus_per_worker: on that cluster, also a part of one; none means one if it has any.

    Returns:
        The dataset, with selection, metrics, exports and report; of a slice without them.

    Raises:
        RecipeError: the recipe asks for something impossible; nothing has been written.
        UsageError: it runs code of its own, which isn't allowed; or there is no such slice or
            engine.
        DatasetLocked: another process is working on the dataset, or on the same slice.
        StageError: a stage failed on some shards; all others are finished.
        StorageError: a disk is full or can't be written to; finished work is kept.
        NotAccepted: it is required, but `accept` isn't met; everything except the exports is
            written.

    >>> dataset = synthset.run("demo", "my-demo")  # doctest: +SKIP
    >>> dataset.kept().num_rows  # doctest: +SKIP
    """
    recipe = load_recipe(recipe, overrides)
    refuse_code(recipe.code, allow_code)
    choice = EngineChoice(engine, workers, address, gpus_per_worker)
    part = Slice.parse(shards) if shards is not None else None
    if part and require_accepted:
        raise UsageError("require_accepted: a slice exports nothing; ask for it without shards")
    target = os.fspath(output) if output is not None else recipe.name
    begun = time.monotonic()
    ahead = forecast_run(recipe, target)  # images of pools are picked here
    picking_s = round(time.monotonic() - begun, 3)
    if ahead.problems or ahead.material is None:
        raise RecipeError.of(ahead.problems)
    dataset = Dataset.create(target, recipe.name, recipe.engine.rows_per_shard)
    bar = bar or default_bar()
    imported = ImportedReferences(dataset, recipe, choice, bar, part)
    asked = dataset, recipe, ahead.material, choice, bar, imported
    folder = dataset.folder
    with hold_slice(folder, part, take_over) if part else hold(folder, take_over):
        if ahead.material.candidates is not None:
            log_event(dataset, "picking", seconds=picking_s)
        for warning in ahead.warnings:
            bar.say(f"warning: {warning}")
            log_event(dataset, "warning", text=warning)
        if part:
            make_slice(*asked, part, take_over)
            for name in list_imported(recipe):
                imported(name)
            return dataset
        DatasetRun(*asked).make()
        _conclude(dataset, recipe, imported, bar, require_accepted)
    return dataset


def _conclude(
    dataset: Dataset, recipe: Recipe, imported: Imported, bar: ProgressBar, require_accepted: bool
) -> None:
    """From the metrics to the exports."""
    measure_set(dataset, recipe, imported)
    find_what_if(dataset, recipe, imported)
    read_prompts(dataset, recipe)
    finished = Finished(dataset, recipe, bar)
    report(dataset, recipe, finished)
    if require_accepted:
        refuse_unaccepted(dataset)
    exports = tuple(export(dataset, recipe, settings, finished) for settings in recipe.exports)
    dataset.write_view(replace(dataset.view, exports=exports))
    log_event(dataset, "end", unchanged=finished.unchanged)
