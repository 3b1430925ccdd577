"""Where labelled images lie that exist."""

from __future__ import annotations

from pydantic import Field

from synthset.recipe.settings import Settings


class FolderPath(Settings):
    """One place with labelled images."""

    path: str
    """A folder with one folder per class, a Parquet file in the Hugging Face layout, a WebDataset
    shard, or a folder or glob of them."""
    origin: str = Field("folder", pattern=r"^[a-z][a-z0-9_-]*$")
    """What the records are called by: `real`, `sd14`, …"""
    image_column: str = "image"
    """Parquet: column with the encoded images."""
    label_column: str = "label"
    """Parquet: column with the label."""
    prompt_column: str | None = None
    """Parquet: column with the prompt that made the image, if there is one."""
