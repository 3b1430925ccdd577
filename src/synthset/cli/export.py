"""`synthset export`: lay the kept part of a dataset out as folders."""

from __future__ import annotations

from typing import Annotated

import typer

from synthset.cli.options import DatasetFolder


def export(
    directory: DatasetFolder,
    path: Annotated[
        str, typer.Argument(help="Folder to write, new or an earlier export.", metavar="PATH")
    ],
    val_fraction: Annotated[
        float, typer.Option(min=0, max=0.99, help="Share of each class for val/.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Decides which images go to val/.")] = 0,
) -> None:
    """Write the kept images as ImageNet-like folders, with metadata and a dataset card.

    Example: synthset export my-demo my-folders --val-fraction 0.1
    """
    from pathlib import Path

    from synthset.export.imagefolder import export as write
    from synthset.recipe.exports import ImageFolder
    from synthset.store.dataset import Dataset

    place = str(Path(path).absolute())
    settings = ImageFolder(kind="imagefolder", path=place, val_fraction=val_fraction, seed=seed)
    print(write(Dataset.open(directory), settings).path)
