"""`synthset plan`: what a recipe will make, and every problem that can be found beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthset.cli.options import Changes, Output, RecipeFile
from synthset.cli.terminal import say, screen
from synthset.pages.kit.numbers import size

if TYPE_CHECKING:
    from synthset.engine.check import Forecast


def plan(recipe: RecipeFile, output: Output = None, changes: Changes = None) -> None:
    """Show what a recipe will make and every problem with it; write nothing.

    Example: synthset plan demo --set images_per_class=100
    """
    from synthset.engine.check import forecast_run
    from synthset.errors import RecipeError
    from synthset.recipe.recipe import load_recipe

    loaded = load_recipe(recipe, changes or ())
    found = forecast_run(loaded, output)
    if found.classes or not found.problems:
        _show(loaded.name, found)
    if found.problems:
        raise RecipeError.of(found.problems)


def _show(name: str, found: Forecast) -> None:
    from rich.table import Table

    table = Table(title=f"plan of {name}", show_header=False, title_justify="left")
    table.add_row("images", f"{found.images:,}")
    table.add_row("classes", f"{found.classes:,}")
    table.add_row("shards", f"{found.shards:,}")
    free = f" of {size(found.free_bytes)} free" if found.free_bytes else ""
    table.add_row("disk", f"about {size(found.disk_bytes)}{free}")
    table.add_row("time", "unknown" if found.seconds is None else f"about {_time(found.seconds)}")
    table.add_row("", found.basis if found.seconds is None else f"estimated from: {found.basis}")
    if found.gpu_seconds is not None:
        table.add_row("on GPUs", f"about {found.gpu_seconds / 3600:,.3g} GPU hours")
        table.add_row("", f"estimated from: {found.gpu_basis}")
    if found.longest_prompt:
        longest, limit = found.longest_prompt
        table.add_row(
            "prompts", f"longest {longest} of {limit} tokens, {found.cut_prompts:.0%} cut"
        )
    for prompt in found.prompts:
        table.add_row("", f"“{prompt}”")
    screen().print(table)
    for line in found.material.said if found.material is not None else ():
        say(line)
    for note in found.notes:
        say(f"note: {note}")
    for warning in found.warnings:
        say(f"warning: {warning}")


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:,.0f} h"
