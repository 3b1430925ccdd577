"""`synthset export`: lay the kept part of a dataset out."""

from __future__ import annotations

from typing import Annotated

import typer

from synthset.cli.options import DatasetFolder, RequireAccepted
from synthset.cli.terminal import say, tell


def export(
    directory: DatasetFolder,
    path: Annotated[
        str,
        typer.Argument(help="Folder or URL to write: new, or an earlier export.", metavar="PATH"),
    ],
    kind: Annotated[
        str,
        typer.Option(
            help=(
                "imagefolder (one folder per class), webdataset (tar shards), parquet (as on the "
                "Hugging Face hub), npy (arrays), diffusiondb (one table that says how each image "
                "was made), or another kind that `synthset kinds` lists."
            )
        ),
    ] = "imagefolder",
    val_fraction: Annotated[
        float | None, typer.Option(min=0, max=0.99, help="Share of each class for validation.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Decides which images go to validation.")] = None,
    images_per_file: Annotated[
        int | None, typer.Option(min=1, help="Images per tar or Parquet file.")
    ] = None,
    size_px: Annotated[
        int | None,
        typer.Option(min=1, max=8192, help="Width and height of every image, for --kind npy."),
    ] = None,
    require_accepted: RequireAccepted = False,
) -> None:
    """Write the kept images as folders, WebDataset, Parquet or NumPy arrays, with a dataset card,
    or one table that says how each image was made.

    Example: synthset export my-demo my-folders --val-fraction 0.1
    """
    from synthset.errors import UsageError, did_you_mean
    from synthset.export.write import write_export
    from synthset.kinds import list_kinds
    from synthset.recipe.exports import ExportSettings
    from synthset.recipe.messages import read_settings
    from synthset.store.dataset import Dataset
    from synthset.store.remote import Remote, parse_place

    known = list_kinds("exports").usable
    if kind not in known:
        raise UsageError(
            f"--kind {kind}: there is no such kind of export; {did_you_mean(kind, known)}"
        )
    layout: type[ExportSettings] = known[kind].settings
    of_some = {
        "val_fraction": val_fraction,
        "seed": seed,
        "images_per_file": images_per_file,
        "size_px": size_px,
    }
    given = {name: value for name, value in of_some.items() if value is not None}
    for name in given.keys() - layout.model_fields.keys():
        option = "--" + name.replace("_", "-")
        raise UsageError(f"{option}: has no effect on --kind {kind}; leave it out")
    place = parse_place(path)
    whole = place if isinstance(place, Remote) else place.expanduser().absolute()
    asked = {"kind": kind, "path": str(whole), **given}
    settings = read_settings(asked, layout)
    written = write_export(Dataset.open(directory), settings, require_accepted)
    for note in written.notes:
        say(f"note: {note}")
    tell(written.path)
