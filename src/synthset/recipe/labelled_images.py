"""Labelled images that exist, wherever they lie."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from synthset.recipe.paths import FolderPath
from synthset.recipe.settings import Settings


class Pictures(Settings):
    """Existing labelled images: folders by class, Parquet or WebDataset files."""

    kind: Literal["images"]
    paths: tuple[FolderPath, ...] = Field(min_length=1)
    """Where the images are."""


class Digits(Settings):
    """The 1,797 handwritten digits that come with scikit-learn (8 × 8 grey levels)."""

    kind: Literal["digits"]


class Torchvision(Settings):
    """A torchvision dataset that is already on this disk; nothing is downloaded."""

    kind: Literal["torchvision"]
    name: str
    """torchvision's class name, such as `FashionMNIST`."""
    root: str
    """The folder that torchvision calls `root`."""
    options: dict[str, bool | int | str] = Field(default_factory=dict)
    """Other arguments, such as `train: true` or `split: test`."""


class Kept(Settings):
    """The kept images of a dataset made by `synthset run`."""

    kind: Literal["dataset"]
    path: str
    """Folder of the dataset."""


Found = Annotated[Pictures | Digits | Torchvision | Kept, Field(discriminator="kind")]
