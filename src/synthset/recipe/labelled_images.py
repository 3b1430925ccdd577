"""Labelled images that exist, wherever they lie."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from synthset.recipe.paths import FolderPath
from synthset.recipe.settings import Settings


class Pictures(Settings):
    """Labelled images that exist: folders by class, Parquet, or WebDataset files."""

    kind: Literal["images"]
    paths: tuple[FolderPath, ...] = Field(min_length=1)
    """Where they lie."""


class Digits(Settings):
    """The 1,797 handwritten digits that scikit-learn carries (8 × 8 grey levels)."""

    kind: Literal["digits"]


class Torchvision(Settings):
    """A data set of torchvision that is on this disk; nothing is downloaded."""

    kind: Literal["torchvision"]
    name: str
    """torchvision's class name, such as `FashionMNIST`."""
    root: str
    """Folder that torchvision knows as `root`."""
    options: dict[str, bool | int | str] = Field(default_factory=dict)
    """Other arguments, such as `train: true` or `split: test`."""


class Kept(Settings):
    """The kept part of a dataset that `synthset run` made."""

    kind: Literal["dataset"]
    path: str
    """Its folder."""


Found = Annotated[Pictures | Digits | Torchvision | Kept, Field(discriminator="kind")]
