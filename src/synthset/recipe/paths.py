"""Where labelled images lie that exist."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from synthset.recipe.settings import Settings


def _is_none(value: object) -> bool:
    return value is None


class FolderPath(Settings):
    """One place with labelled images."""

    path: str
    """A folder with one folder per class or a table of labels; a table with encoded images
    (Parquet, Arrow); a WebDataset shard; an archive of folders (zip, tar); a dataset of `synthset
    run`; or a folder or glob of them. A path of this disk, or a URL."""
    split: Literal["train", "val", "test"] | None = Field(None, exclude_if=_is_none)
    """Which of its splits, where it holds several."""
    origin: str = Field("folder", pattern=r"^[a-z][a-z0-9_-]*$")
    """What the records are called by: `real`, `sd14`, …"""
    image_column: str = "image"
    """Tables: column with the encoded images, or the names of image files; where there is no
    `image`, it is found. WebDataset: the ending of the image where a sample has several, such as
    `left.png`."""
    label_column: str = "label"
    """Tables: column with the label; where there is no `label`, it is found."""
    prompt_column: str | None = None
    """Tables: column with the prompt that made the image, if there is one."""
