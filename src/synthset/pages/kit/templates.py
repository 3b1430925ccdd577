"""Jinja as our pages use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from synthset.recipe.variables import conceal

KIT = Path(__file__).parent  # what pages share: styles, scripts, templates


def environment(folder: Path) -> Environment:
    """Make the environment of the templates in a folder, and of those that all pages share.

    Every text is escaped, and shows `${NAME}` for what an environment variable of the recipe held:
    errors and descriptions quote it.
    """
    return Environment(
        loader=FileSystemLoader([folder, KIT]),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_concealed,
    )


def _concealed(value: Any) -> Any:
    plain = isinstance(value, str) and not isinstance(value, Markup)
    return conceal(value) if plain else value
