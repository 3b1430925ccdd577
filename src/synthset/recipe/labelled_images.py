"""Labelled images that exist, wherever they lie."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

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


Cue = Literal["jpeg", "kernel", "spectrum", "noise", "margins"]


class Matchable(Settings):
    """A set whose images can be made to look technically like the real training images."""

    match: Literal["all"] | tuple[Cue, ...] = ()
    """What is made alike in each image of the set, so that a classifier can't tell it from a real
    one by that: `all`, or some of `margins` (constant ones), `kernel` (size, and the kernel that
    resizes), `spectrum` (power by frequency, mean colour), `noise` (added where real images have
    more) and `jpeg` (tables and subsampling, or none). Learned on real training images alone."""

    @property
    def matched_cues(self) -> tuple[Cue, ...]:
        """The cues that are matched, in one order."""
        known: tuple[Cue, ...] = get_args(Cue)
        return tuple(one for one in known if self.match == "all" or one in self.match)


class PictureSet(Pictures, Matchable):
    """Existing labelled images, as they are or with their cues matched."""


class TorchvisionSet(Torchvision, Matchable):
    """A torchvision dataset that is already on this disk, as it is or with its cues matched."""


class KeptSet(Kept, Matchable):
    """The kept images of a dataset made by `synthset run`, as they are or with their cues
    matched."""
