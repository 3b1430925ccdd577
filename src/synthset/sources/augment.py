"""Classical augmentation: each record is a changed copy of a real image of its class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from synthset.formats.originals import Originals
from synthset.images import Pixels
from synthset.recipe.sources import Augment as Settings
from synthset.source import Estimate, Material, Start
from synthset.sources.augmentations import apply, draw
from synthset.sources.encoded_size import estimate_bytes
from synthset.sources.labelled_images import MakesOfImages
from synthset.sources.outcome import ImageStage
from synthset.sources.parents import Parents
from synthset.sources.square import cut_square
from synthset.stage import Rows, Stage
from synthset.store.folder import Storage

CHANGE_S = 0.001  # core-seconds that one augmented copy of 32 x 32 px takes


class AugmentStage(ImageStage):
    """Changes a copy of each record's parent, by the record's own seed."""

    settings: Settings
    reads: ClassVar[Sequence[str]] = ("id", "seed", "parent", "source")

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._originals = Originals(settings.paths)

    def prepare(self, rows: Rows) -> list[Pixels | str]:
        """Read and decode the parents; words where one cannot be used.

        Raises:
            DatasetError: a Parquet file or a whole folder is gone.
        """
        pairs = zip(rows.column("source"), rows.column("parent"), strict=True)
        return [self._originals.read_pixels(source, parent) for source, parent in pairs]

    def compute(self, rows: Rows, prepared: list[Pixels | str]) -> list[Pixels | str]:
        """Change the copies."""
        pairs = zip(prepared, rows.column("seed"), strict=True)
        return [
            parent if isinstance(parent, str) else self.change(parent, seed)
            for parent, seed in pairs
        ]

    def change(self, parent: Pixels, seed: int) -> Pixels:
        """Change one picture, (H, W, 3) uint8 RGB, as a seed says."""
        sized = (
            parent if self.settings.size_px is None else cut_square(parent, self.settings.size_px)
        )
        return apply(sized, draw(self.settings, seed), self.settings.fill)


class AugmentSource(MakesOfImages[Settings]):
    """Changed copies of images: those of a class take turns, in another seeded order each time."""

    def stage(self, folder: Storage) -> Stage:
        """Change the copies."""
        return AugmentStage(self.settings)

    def starts(self, found: Material) -> Callable[[int, int], Start]:
        """Take an image, and its caption."""
        parents = Parents(self.recipe.seed, found.found)

        def start(label: int, index: int) -> Start:
            parent, _ = parents.at(label, index)
            pixels = {"parent": parent.content}
            return Start({"prompt": parent.caption, "source": parent.source, **pixels}, pixels)

        return start

    def estimate(self, found: Material) -> Estimate:
        """By measurements of small images."""
        size = self.settings.size_px
        each = estimate_bytes(size, size, self.settings.encoding) if size else found.image_bytes
        return Estimate(CHANGE_S, "the speed at 32 px on one core of a server", each)
