"""`synthset recipes`: the recipes and experiments that ship with synthset."""

from __future__ import annotations

from typing import Annotated

import typer

from synthset.cli.terminal import tell


def recipes(
    name: Annotated[
        str | None, typer.Argument(help="Print this recipe instead of the list.")
    ] = None,
) -> None:
    """List the shipped recipes and experiments, or print one to start from.

    Example: synthset recipes demo
    """
    from synthset.errors import UsageError, did_you_mean
    from synthset.recipe.reading import list_shipped_experiments, list_shipped_recipes, read_yaml

    shipped = list_shipped_recipes() | list_shipped_experiments()
    if name is None:
        for known in shipped:
            kind = " (experiment)" if known in list_shipped_experiments() else ""
            tell(f"{known:<20} {read_yaml(shipped[known]).get('description', '')}{kind}")
        return
    if name not in shipped:
        raise UsageError(
            f"recipes: there is no shipped recipe {name!r}; {did_you_mean(name, shipped)}"
        )
    print(shipped[name].read_text(encoding="utf-8"), end="")
