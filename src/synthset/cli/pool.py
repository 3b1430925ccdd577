"""`synthset pool`: heaps of images with captions and without labels."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from synthset.cli.options import Changes
from synthset.cli.pool_download import download
from synthset.cli.pool_map import map_labels
from synthset.cli.terminal import say, screen, tell

if TYPE_CHECKING:
    from synthset.store.pool_index import PoolIndex

pool = typer.Typer(
    help="Work with pools: images with captions but without labels, from which a source picks.",
    no_args_is_help=True,
)


class EncoderKind(StrEnum):
    """Encoders that an index may be made with."""

    CLIP = "clip"
    CLASSIFIER = "classifier"
    INCEPTION = "inception"
    PIXELS = "pixels"


class Precision(StrEnum):
    """Precision in which features are stored."""

    FLOAT16 = "float16"
    FLOAT32 = "float32"


@pool.callback()
def _commands() -> None:
    """Keep each command a command of its own, however many there are."""


@pool.command()
def index(
    paths: Annotated[
        list[str],
        typer.Argument(help="Parquet files, tar shards, or folders of images.", metavar="PATH…"),
    ],
    output: Annotated[str, typer.Option("--output", "-o", help="Folder of the index.")],
    encoder: Annotated[EncoderKind, typer.Option(help="Encoder of the images.")] = EncoderKind.CLIP,
    model: Annotated[
        str | None,
        typer.Option(help="Model of the encoder, as in a recipe; the miniature if not given."),
    ] = None,
    changes: Changes = None,
    features: Annotated[
        str | None,
        typer.Option(
            help=(
                "Features that came with the pool: a Parquet column, a folder of .npy files, or "
                "`beside` for an .npy file beside each file."
            )
        ),
    ] = None,
    captions: Annotated[
        str,
        typer.Option("--caption-column", help="Column with captions, or entry of the .json files."),
    ] = "caption",
    images: Annotated[
        str | None,
        typer.Option(
            "--image-column",
            help="Column with encoded images; if not given, synthset looks for it.",
        ),
    ] = None,
    origin: Annotated[
        str, typer.Option(help="Where the images come from, as their records name it.")
    ] = "pool",
    shard: Annotated[int, typer.Option(min=1, help="Images per file of the index.")] = 10_000,
    precision: Annotated[
        Precision, typer.Option(help="Precision in which features are stored.")
    ] = (Precision.FLOAT16),
) -> None:
    """Compute features of a pool's images and captions, for retrieval; resumes after a kill.

    Example: synthset pool index laion -o laion-index --model ViT-B-32 --set pretrained=openai
    """
    from synthset.cli.progress import RichBar
    from synthset.pools.index_pool import index_pool, read_encoder
    from synthset.recipe.pools import PoolPath

    settings = read_encoder(encoder.value, model, changes or ())
    places = [
        PoolPath(path=path, origin=origin, image_column=images, caption_column=captions)
        for path in paths
    ]
    made = index_pool(
        places,
        output,
        settings,
        features=features,
        rows_per_shard=shard,
        precision=precision.value,
        bar=RichBar(),
    )
    _show(made)
    for note in made.facts.get("passed_over", ()):
        say(f"note: {note}")
    tell(f"index: {output}")


pool.command("download")(download)
pool.command("map")(map_labels)


def _show(made: PoolIndex) -> None:
    from rich.table import Table

    table = Table(title="pool", show_header=False, title_justify="left")
    for name, count in made.counts.items():
        table.add_row(name.replace("_", " "), f"{count:,}")
    screen().print(table)
