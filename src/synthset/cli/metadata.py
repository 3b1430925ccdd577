"""`synthset metadata`: one table of what made each image."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthset.cli.options import DatasetFolder
from synthset.cli.terminal import tell
from synthset.store.remote import on_disk


def metadata(
    directory: DatasetFolder,
    output: Annotated[
        Path,
        typer.Option(
            *("--output", "-o"),
            help="Parquet file to write; a new one.",
            parser=on_disk,
            metavar="FILE",
        ),
    ],
) -> None:
    """Write prompt, seed, steps, guidance, sampler, size and NSFW of every record as Parquet.

    Example: synthset metadata my-demo -o metadata.parquet
    """
    import io

    import pyarrow.parquet as pq

    from synthset.errors import UsageError
    from synthset.export.diffusiondb import diffusiondb_table
    from synthset.store.dataset import Dataset
    from synthset.store.folder import LocalFolder

    if output.suffix != ".parquet" or output.exists():
        why = "exists already" if output.exists() else "is no .parquet file"
        raise UsageError(f"-o {output}: {why}; name a new .parquet file")
    table = diffusiondb_table(Dataset.open(directory))
    written = io.BytesIO()
    pq.write_table(table, written, compression="zstd")
    LocalFolder(output.parent).create(output.name, written.getvalue())
    tell(f"{output}: {table.num_rows:,} records")
