"""`synthset export`: lay the kept part of a dataset out."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from synthset.cli.options import DatasetFolder, RequireAccepted
from synthset.cli.terminal import say, tell


class Layout(StrEnum):
    """How an export lies on the disk."""

    imagefolder = "imagefolder"
    webdataset = "webdataset"
    parquet = "parquet"
    npy = "npy"


def export(
    directory: DatasetFolder,
    path: Annotated[
        str, typer.Argument(help="Folder to write, new or an earlier export.", metavar="PATH")
    ],
    kind: Annotated[
        Layout,
        typer.Option(help="One folder a class, tar shards, Hugging Face Parquet, or NumPy arrays."),
    ] = Layout.imagefolder,
    val_fraction: Annotated[
        float, typer.Option(min=0, max=0.99, help="Share of each class for validation.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Decides which images go to validation.")] = 0,
    images_per_file: Annotated[
        int, typer.Option(min=1, help="Images in each tar or Parquet file.")
    ] = 10_000,
    size_px: Annotated[
        int | None, typer.Option(min=1, max=8192, help="Side of every image, for --kind npy.")
    ] = None,
    require_accepted: RequireAccepted = False,
) -> None:
    """Write the kept images as folders, WebDataset, Parquet or NumPy arrays, with a dataset card.

    Example: synthset export my-demo my-folders --val-fraction 0.1
    """
    from pydantic import TypeAdapter

    from synthset.export.write import write_export
    from synthset.recipe.exports import Export
    from synthset.store.dataset import Dataset
    from synthset.store.remote import on_disk

    asked: dict[str, str | float | None] = {
        "kind": kind.value,
        "path": str(on_disk(path, "PATH").absolute()),
        "val_fraction": val_fraction,
        "seed": seed,
    }
    if kind is Layout.npy:
        asked["size_px"] = size_px
    elif kind is not Layout.imagefolder:
        asked["images_per_file"] = images_per_file
    settings: Export = TypeAdapter(Export).validate_python(asked)
    written = write_export(Dataset.open(directory), settings, require_accepted)
    for note in written.notes:
        say(f"note: {note}")
    tell(written.path)
