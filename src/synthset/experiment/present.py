"""Says which files and folders a set's recipe names that aren't there, before anything is made."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from synthset.errors import Problem, RecipeError
from synthset.formats.scan import expand
from synthset.recipe.openimages import OpenImages
from synthset.recipe.pools import Pool
from synthset.recipe.recipe import Recipe
from synthset.recipe.sources import Augment, Folder, Gan, Img2Img

LISTS = ("paths", "queries", "against", "labels", "mapping", "info")
SINGLE = ("index", "descriptions")


def missing(recipe: Recipe, drawn: Collection[str], where: str) -> Iterator[Problem]:
    """Name each path of the source at which nothing lies.

    Args:
        recipe: of a set.
        drawn: paths of the experiment's own real images, which are written when it runs.
        where: place of the recipe in the experiment, for messages.
    """
    for field, path in _named(recipe):
        if path in drawn or "://" in path:
            continue
        try:
            expand(path, f"{where}.source.{field}")
        except RecipeError as error:
            yield from error.problems


def _named(recipe: Recipe) -> Iterator[tuple[str, str]]:
    source = recipe.source
    if not isinstance(source, Augment | Folder | Gan | Img2Img | OpenImages | Pool):
        return
    for field in LISTS:
        for i, one in enumerate(getattr(source, field, ())):
            at = f"{field}[{i}]"
            yield (at, one) if isinstance(one, str) else (f"{at}.path", one.path)
    for field in SINGLE:
        path = getattr(source, field, None)
        if path is not None:
            yield field, path
