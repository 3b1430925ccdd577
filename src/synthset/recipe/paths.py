"""Where labelled images lie that exist."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from synthset.recipe.settings import Settings


def _is_none(value: object) -> bool:
    return value is None


class FolderPath(Settings):
    """One place that holds labelled images."""

    path: str
    """A folder with one folder per class or with a table of labels; a table with encoded images
    (Parquet, Arrow); a WebDataset shard; an archive of folders (zip, tar); a dataset of `synthset
    run`; or a folder or glob of these. Either a local path or a URL."""
    split: Literal["train", "val", "test"] | None = Field(None, exclude_if=_is_none)
    """Which of its splits to take, where it holds several."""
    origin: str = Field("folder", pattern=r"^[a-z][a-z0-9_-]*$")
    """Where the images come from, as their records name it: `real`, `sd14`, …"""
    image_column: str = "image"
    """Tables: column with the encoded images or with the names of image files; if there is no
    `image`, synthset looks for it. WebDataset: the ending of the image where a sample has several,
    such as `left.png`."""
    label_column: str = "label"
    """Tables: column with the label; if there is no `label`, synthset looks for it."""
    prompt_column: str | None = None
    """Tables: column with the prompt that made the image, if there is one."""
