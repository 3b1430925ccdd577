"""`synthset run`: make a dataset by a recipe, or bring one up to date with it."""

from __future__ import annotations

import time

from synthset.cli.options import (
    Address,
    AllowCode,
    Changes,
    EngineKind,
    GpusPerWorker,
    Output,
    RecipeFile,
    RequireAccepted,
    Shards,
    TakeOver,
    Workers,
)


def run(
    recipe: RecipeFile,
    output: Output = None,
    changes: Changes = None,
    workers: Workers = None,
    require_accepted: RequireAccepted = False,
    allow_code: AllowCode = False,
    take_over: TakeOver = False,
    shards: Shards = None,
    engine: EngineKind = "local",
    address: Address = None,
    gpus_per_worker: GpusPerWorker = None,
) -> None:
    """Make a dataset from a recipe; finished parts are not made again.

    Example: synthset run demo -o my-demo
    """
    from synthset.cli.closing import refuse_failures, show_closing_table, show_slice
    from synthset.cli.faults import say_faults
    from synthset.cli.progress import RichBar
    from synthset.engine.run import run as run_recipe
    from synthset.errors import NotAccepted
    from synthset.export.accepted import require_limits
    from synthset.recipe.recipe import load_recipe
    from synthset.store.dataset import Dataset
    from synthset.store.slices import Slice

    begun = time.monotonic()
    loaded = load_recipe(recipe, changes or ())
    if require_accepted:
        require_limits(loaded.accept)
    target, refused = output or loaded.name, None
    try:
        dataset = run_recipe(
            loaded,
            target,
            workers=workers,
            bar=RichBar(),
            require_accepted=require_accepted,
            allow_code=allow_code,
            take_over=take_over,
            shards=shards,
            engine=engine,
            address=address,
            gpus_per_worker=gpus_per_worker,
        )
    except NotAccepted as missed:
        dataset, refused = Dataset.open(target), missed
    if shards:
        show_slice(dataset, loaded, Slice.parse(shards))
        return
    show_closing_table(dataset, time.monotonic() - begun)
    say_faults(dataset)
    if refused:
        raise refused
    refuse_failures(dataset.metrics())
