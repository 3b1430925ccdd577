"""What a dataset is compared with: real images, or their stored statistics."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from synthset.recipe.paths import FolderPath
from synthset.recipe.settings import Settings


class Statistics(Settings):
    """Stored mean and covariance of a reference set, with the fingerprint of the encoder that made
    them."""

    kind: Literal["statistics"]
    file: str
    """`cifar10-train` or `cifar10-test` (which come with synthset, for the miniatures), or a
    .safetensors file."""


class ReferenceImages(Settings):
    """A reference set of images, encoded like the dataset's own."""

    kind: Literal["images"]
    paths: tuple[FolderPath, ...] = Field(min_length=1)
    """Where the images are."""
    max_per_class: int | None = Field(None, ge=1)
    """Take at most this many of each class, drawn by content; none means all."""


Reference = Annotated[Statistics | ReferenceImages, Field(discriminator="kind")]
