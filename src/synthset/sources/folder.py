"""Images made elsewhere, taken over byte by byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from synthset.formats.listed import Listed
from synthset.formats.manifest import Passed
from synthset.formats.originals import Originals
from synthset.formats.scan import scan
from synthset.images import UnreadableImage, decode, find_suffix
from synthset.recipe.sources import Folder as Settings
from synthset.seeds import digest
from synthset.source import Estimate, Material, Settle
from synthset.sources.labelled_images import StartsFromImages, name_empty_classes
from synthset.sources.outcome import ImageStage, Outcome
from synthset.stage import Rows, Stage
from synthset.store.folder import Storage as Place

IMPORT_S = 0.002  # seconds to take over an image


class FolderStage(ImageStage):
    """Takes over each record's image from its source; the bytes stay as they are."""

    settings: Settings
    reads: ClassVar[Sequence[str]] = ("id", "source")

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._originals = Originals(settings.paths)

    def prepare(self, rows: Rows) -> list[tuple[str, bytes | None]]:
        """Read the files.

        Raises:
            DatasetError: a Parquet file or a whole folder is gone, which is no fault of the single
            image.
        """
        return [(source, self.read(source)) for source in rows.column("source")]

    def outcome(self, made: tuple[str, bytes | None]) -> Outcome:
        """Decode the image of a source once, to be sure that it is one."""
        source, data = made
        if data is None:
            return Outcome(error=self._originals.explain_missing(source))
        try:
            pixels = decode(data)
        except UnreadableImage as fault:
            return Outcome(error=f"{source}: {fault}")
        return Outcome(data, find_suffix(data) or "", pixels.shape[1], pixels.shape[0])

    def read(self, source: str) -> bytes | None:
        """Read the encoded image that a scan found at `source`; None where there is none now."""
        return self._originals.read(source)


class FolderSource(StartsFromImages[Settings]):
    """Images that exist are the set, all of them or some of each class."""

    def stage(self, folder: Place) -> Stage:
        """Take over the images."""
        return FolderStage(self.settings)

    def material(self, settle: Settle) -> Material:
        """List the images, and draw `images_per_class` of each class."""
        passed = Passed()
        images = tuple(scan(self.settings, passed))
        placed = self.place(images, settle, passed, keeps_empty=True)
        return Material(
            placed.classes,
            tuple(self._at_most(placed.mine)),
            placed.left_out,
            (*placed.notes, *name_empty_classes(placed.mine, placed.classes)),
            listed=placed.mine,
            there=images,
            passed=passed,
        )

    def plan_identity(self, found: Material) -> list[Any]:
        """Where the images lie; a plan grows by what comes there."""
        return [self.settings.identity()["paths"]]

    def estimate(self, found: Material) -> Estimate:
        """Importing is quick."""
        return estimate_imports(found)

    def _at_most(self, images: Sequence[tuple[Listed, int]]) -> Sequence[tuple[Listed, int]]:
        """Take so many of each class, drawn by content, so that a larger number adds and never
        swaps."""
        count = self.recipe.most_per_class
        if count is None:
            return images
        by_class: dict[int, list[tuple[str, int]]] = {}
        for place, (image, label) in enumerate(images):
            draw = digest([self.recipe.seed, image.content], size=8)
            by_class.setdefault(label, []).append((draw, place))
        chosen = sorted(place for draws in by_class.values() for _, place in sorted(draws)[:count])
        return [images[place] for place in chosen]


def estimate_imports(found: Material) -> Estimate:
    """Estimate what it takes to take over images."""
    return Estimate(IMPORT_S, "how fast files are read", found.image_bytes)
