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
    str, typer.Argument(help="A dataset: a folder made by `synthset run`.", metavar="DIR")
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
Workers = Annotated[int | None, typer.Option(min=1, max=256, help="Number of worker processes.")]
RequireAccepted = Annotated[
    bool,
    typer.Option(
        "--require-accepted",
        help="Exit with code 3 and export nothing if the set doesn't meet the recipe's `accept`.",
    ),
]
AllowCode = Annotated[
    bool,
    typer.Option(
        "--allow-code",
        help="Allow code from outside synthset to run: scores and encoders of kind python.",
    ),
]
TakeOver = Annotated[
    bool,
    typer.Option(
        "--take-over",
        help=(
            "In a bucket or on a network disk: don't wait until the place of a run that was killed "
            "is free."
        ),
    ),
]
Shards = Annotated[
    str | None,
    typer.Option(
        metavar="I/N",
        help=(
            "Make only slice I of N (from 0 on) of the shards, while other processes make the "
            "others; a run without it selects and exports."
        ),
    ),
]
EngineKind = Annotated[
    str,
    typer.Option(
        metavar="KIND", help="What does the work: local, this machine; or ray, a Ray cluster."
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        help=(
            "Address of the Ray cluster; local starts one here; RAY_ADDRESS, or that of this "
            "machine, if not given."
        )
    ),
]
GpusPerWorker = Annotated[
    float | None,
    typer.Option(help="GPUs of each worker on the Ray cluster; 0.5 lets two share one."),
]
ImageColumn = Annotated[
    str | None,
    typer.Option(
        help=(
            "Column of the images in tables; in tar files with several images per sample, the "
            "ending "
            "of the one to take."
        )
    ),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(help="Column of the labels in tables; if not given, synthset looks for it."),
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
