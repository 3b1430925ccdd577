"""`synthset sweep`: what guidance and the kind of prompts do, on a few classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from synthset.cli.options import AllowCode, Changes, Output, RecipeFile, Workers
from synthset.cli.terminal import screen, tell

if TYPE_CHECKING:
    from rich.table import Table

    from synthset.pages.dataset.sweep_page import SweepCell


def sweep(
    recipe: RecipeFile,
    output: Output = None,
    guidance: Annotated[
        str | None,
        typer.Option(help="Guidance scales, as in 1,2,4,7.5; the recipe's if not given."),
    ] = None,
    prompts: Annotated[
        str,
        typer.Option(help="Kinds of prompts: plain, gloss, class_gloss, background, clip, recipe."),
    ] = "plain,background,clip",
    classes: Annotated[str, typer.Option(help="How many classes, or which, as in cat,dog.")] = "3",
    images: Annotated[
        int, typer.Option(min=2, max=1000, help="Images of each class in each cell.")
    ] = 8,
    changes: Changes = None,
    workers: Workers = None,
    allow_code: AllowCode = False,
) -> None:
    """Try guidance scales and kinds of prompts on a few classes, and show them in one grid.

    Example: synthset sweep demo --guidance 1,4 --prompts plain,background -o my-sweep
    """

    from synthset.cli.progress import RichBar
    from synthset.engine.sweep import Axes, sweep_grid
    from synthset.recipe.recipe import load_recipe

    loaded = load_recipe(recipe, changes or ())
    axes = Axes(_numbers(guidance), _words(prompts), _classes(classes), images)
    place = output or f"{loaded.name}-sweep"
    cells, page = sweep_grid(
        loaded, place, axes, workers=workers, bar=RichBar(), allow_code=allow_code
    )
    screen().print(_table(cells))
    tell(page.with_suffix(".png").resolve())
    tell(page.resolve())


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def _numbers(text: str | None) -> tuple[float, ...]:
    from synthset.errors import UsageError

    try:
        return tuple(float(word) for word in _words(text or ""))
    except ValueError:
        raise UsageError(f"--guidance {text}: write numbers, as in 1,2,7.5") from None


def _classes(text: str) -> tuple[str, ...] | int:
    return max(int(text), 1) if text.strip().isdigit() else _words(text)


def _table(cells: list[SweepCell]) -> Table:
    from rich.table import Table

    from synthset.pages.dataset.sweep_page import FIGURES, format_figure

    shown = [name for name in FIGURES if any(name in cell.figures for cell in cells)]
    table = Table(title_justify="left")
    for heading in ("prompts", "guidance", *(FIGURES[name][0] for name in shown)):
        table.add_column(heading, justify="left" if heading == "prompts" else "right")
    for cell in cells:
        numbers = [
            format_figure(figure.value, name) + figure.over if figure else "–"
            for name, figure in ((name, cell.figures.get(name)) for name in shown)
        ]
        guidance = "–" if cell.guidance is None else f"{cell.guidance:g}"
        table.add_row(cell.prompts, guidance, *numbers)
    return table
