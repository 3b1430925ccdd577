"""Says which files and folders a set's recipe names that aren't there, before anything is made."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from synthset.errors import Problem, RecipeError
from synthset.formats.scan import expand
from synthset.recipe.recipe import Recipe


def find_missing(recipe: Recipe, drawn: Collection[str], where: str) -> Iterator[Problem]:
    """Name each path of the source at which nothing lies.

    Args:
        recipe: of a set.
        drawn: paths of the experiment's own real images, which are written when it runs.
        where: place of the recipe in the experiment, for messages.
    """
    for field, path in recipe.source.places():
        if path in drawn or "://" in path:
            continue
        try:
            expand(path, f"{where}.source.{field}")
        except RecipeError as error:
            yield from error.problems
