"""`synthset metadata`: one table of what made each image."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthset.cli.options import DatasetFolder


def metadata(
    directory: DatasetFolder,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Parquet file to write; a new one.")
    ],
) -> None:
    """Write prompt, seed, steps, guidance, sampler, size and NSFW of every record as Parquet.

    Example: synthset metadata my-demo -o metadata.parquet
    """
    import pyarrow.parquet as pq

    from synthset.errors import UsageError
    from synthset.export.diffusiondb import diffusiondb_table
    from synthset.store.dataset import Dataset

    if output.suffix != ".parquet" or output.exists():
        why = "exists already" if output.exists() else "is no .parquet file"
        raise UsageError(f"-o {output}: {why}; name a new .parquet file")
    table = diffusiondb_table(Dataset.open(directory))
    pq.write_table(table, output, compression="zstd")
    print(f"{output}: {table.num_rows:,} records")
