"""Refuses recipes that start from the images an experiment tests on, wherever those lie."""

from __future__ import annotations

from collections.abc import Collection

from synthset.errors import Problem, RecipeError
from synthset.formats.scan import scan
from synthset.recipe.paths import FolderPath
from synthset.recipe.recipe import Recipe
from synthset.recipe.sources import Folder


def refuse_tested(
    recipe: Recipe, tests: Collection[str], drawn: Collection[str], where: str
) -> None:
    """Refuse a recipe whose source makes images out of test images, or looks for their like.

    A folder's name doesn't tell: many test on one called `val`. Plain copies are no matter, as arms
    leave out what has the bytes of a test image.

    Args:
        recipe: of a set.
        tests: SHA-256 of the experiment's test images.
        drawn: paths of the experiment's own training and validation images, which aren't read.
        where: place of the recipe in the experiment, for messages.

    Raises:
        RecipeError: test images are among the source's, or a path of it can't be read.
    """
    field = recipe.source.starts_from
    problems = []
    for i, path in enumerate(getattr(recipe.source, field) if field else ()):
        if path.path in drawn:
            continue
        place = f"{where}.source.{field}[{i}].path"
        if _holds_tested(path, tests, place):
            found = f"{path.path} contains images that this experiment tests on"
            right = "name images for training; $real stands for the experiment's own"
            problems.append(Problem(place, found, right))
    if problems:
        raise RecipeError.of(problems)


def _holds_tested(path: FolderPath, tests: Collection[str], where: str) -> bool:
    found = scan(Folder(kind="folder", paths=(path,)))
    try:
        return any(image.content in tests for image in found)
    except RecipeError as error:
        first = error.problems[0]
        raise RecipeError(where, first.found, first.right) from None
