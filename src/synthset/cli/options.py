"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthset.store.remote import require_on_disk

RecipeFile = Annotated[
    str, typer.Argument(help="A recipe file, or the name of a shipped recipe.", metavar="RECIPE")
]
DatasetFolder = Annotated[
    str, typer.Argument(help="A dataset: the folder that `synthset run` made.", metavar="DIR")
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", help="Folder of the dataset; ./<name of the recipe> if not given."
    ),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a setting, as in source.guidance_scale=3; may be repeated."),
]
Workers = Annotated[int | None, typer.Option(min=1, max=256, help="Worker processes.")]
RequireAccepted = Annotated[
    bool,
    typer.Option(
        "--require-accepted",
        help="Exit with 3, and export nothing, if the set misses what the recipe's `accept` asks.",
    ),
]
AllowCode = Annotated[
    bool,
    typer.Option(
        "--allow-code",
        help="Run code of the file's own: scores and encoders of kind python.",
    ),
]
ImageColumn = Annotated[
    str | None,
    typer.Option(help="Column of the images in tables; ending of one of several in tar files."),
]
LabelColumn = Annotated[
    str | None, typer.Option(help="Column of the labels in tables; found if not given.")
]
OutFile = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="File to write instead of the screen.",
        parser=require_on_disk,
        metavar="FILE",
    ),
]
