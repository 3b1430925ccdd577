"""One way to make a page: one environment, one base template, one style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from synthset.pages.kit import numbers
from synthset.pages.kit.palette import name_variable, write_palette_css
from synthset.pages.kit.policy import write_content_policy, write_json
from synthset.recipe.variables import conceal

PAGES = Path(__file__).parents[1]  # where templates, styles and scripts lie
STYLE = PAGES / "kit" / "page.css"


def render_page(
    template: str,
    content: dict[str, Any],
    *,
    scripts: Sequence[str] = (),
    data: Any = None,
    strict_style: bool = False,
) -> str:
    """Write the HTML of a page: one file that loads nothing and runs our scripts alone.

    Args:
        template: extends `kit/base.html.j2`; a path below `pages/`.
        content: what the template names.
        scripts: files of the page's script, paths below `pages/`.
        data: for the script, which finds it as JSON in `#data`.
        strict_style: whether the one style sheet alone may style, and no attribute.
    """
    style = write_palette_css() + STYLE.read_text(encoding="utf-8")
    script = "".join((PAGES / name).read_text(encoding="utf-8") for name in scripts)
    return (
        _make_environment()
        .get_template(template)
        .render(
            content,
            style=Markup(style),
            script=Markup(script),
            data=None if data is None else write_json(data),
            policy=write_content_policy(script or None, style if strict_style else None),
        )
    )


@cache
def _make_environment() -> Environment:
    """Every text is escaped, and shows `${NAME}` for what an environment variable of the recipe
    held: errors and descriptions quote it."""
    made = Environment(
        loader=FileSystemLoader(PAGES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_conceal,
    )
    words = (
        numbers.count, numbers.number, numbers.short, numbers.percent, numbers.interval,
        numbers.duration, numbers.rate,
    )  # fmt: skip
    made.filters.update({function.__name__: function for function in words})
    made.filters.update(colour=name_variable)
    return made


def _conceal(value: Any) -> Any:
    plain = isinstance(value, str) and not isinstance(value, Markup)
    return conceal(value) if plain else value
