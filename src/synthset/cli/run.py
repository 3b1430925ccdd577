"""`synthset run`: make a dataset by a recipe, or bring one up to date with it."""

from __future__ import annotations

import time

from synthset.cli.options import Changes, Output, RecipeFile, Workers


def run(
    recipe: RecipeFile, output: Output = None, changes: Changes = None, workers: Workers = None
) -> None:
    """Make a dataset by a recipe: do what is missing, and nothing else.

    Example: synthset run demo -o my-demo
    """
    from synthset.cli.closing import closing_table, refuse_failures
    from synthset.cli.faults import say_faults
    from synthset.cli.progress import RichBar
    from synthset.engine.run import run as run_recipe
    from synthset.recipe.recipe import load_recipe

    begun = time.monotonic()
    loaded = load_recipe(recipe, changes or ())
    dataset = run_recipe(loaded, output or loaded.name, workers=workers, bar=RichBar())
    closing_table(dataset, time.monotonic() - begun)
    say_faults(dataset)
    refuse_failures(dataset.metrics())
