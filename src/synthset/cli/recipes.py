"""`synthset recipes`: the recipes that ship with synthset."""

from __future__ import annotations

from typing import Annotated

import typer


def recipes(
    name: Annotated[str | None, typer.Argument(help="Print this recipe instead.")] = None,
) -> None:
    """List the shipped recipes, or print one to start from.

    Example: synthset recipes demo
    """
    from synthset.errors import UsageError, did_you_mean
    from synthset.recipe.reading import shipped_recipes
    from synthset.recipe.recipe import load_recipe

    shipped = shipped_recipes()
    if name is None:
        for known in shipped:
            print(f"{known:<20} {load_recipe(known).description}")
        return
    if name not in shipped:
        raise UsageError(f"recipes: no shipped recipe {name!r}; {did_you_mean(name, shipped)}")
    print(shipped[name].read_text(encoding="utf-8"), end="")
