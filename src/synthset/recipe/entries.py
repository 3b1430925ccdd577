"""Whether what a part of the recipe names stands in another part of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from synthset.errors import Problem, did_you_mean

if TYPE_CHECKING:
    from synthset.recipe.recipe import Recipe


def check_name(where: str, name: str, known: Sequence[str], section: str) -> list[Problem]:
    """Look for a name among those of a section.

    Args:
        where: the place that names it.
        name: that it names.
        known: names of the section.
        section: such as `encoders`.
    """
    if name in known:
        return []
    return [Problem(where, f"no entry {name!r} in {section}", did_you_mean(name, known))]


def check_encoder(
    recipe: Recipe, where: str, name: str, kinds: Sequence[str] = ()
) -> list[Problem]:
    """Look for an encoder that a part names as its `encoder`.

    Args:
        recipe: the whole.
        where: the part that names it.
        name: that it names.
        kinds: of encoders that the part can use; empty for any.
    """
    where = f"{where}.encoder"
    problems = check_name(where, name, list(recipe.encoders), "encoders")
    if not problems and kinds and recipe.encoders[name].kind not in kinds:
        found = f"{name!r} is an encoder of kind {recipe.encoders[name].kind!r}"
        problems = [Problem(where, found, f"name an encoder of kind {' or '.join(kinds)}")]
    return problems


def check_reference(
    recipe: Recipe, where: str, name: str, found: str = "", right: str | None = None
) -> list[Problem]:
    """Look for a reference that a part names.

    Args:
        recipe: the whole.
        where: the setting that names it.
        name: that it names.
        found: what is wrong with one of kind statistics, with {} for its name.
        right: what to do then; None where statistics will do.
    """
    problems = check_name(where, name, list(recipe.references), "references")
    if not problems and right is not None and recipe.references[name].kind == "statistics":
        problems = [Problem(where, found.format(repr(name)), right)]
    return problems
