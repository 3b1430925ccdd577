"""Images with OpenImages' labels: the settings of the source `openimages`."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from synthset.recipe.settings import MEMBERSHIP, Settings
from synthset.recipe.sources import SourceSettings
from synthset.taxonomy.label_conflicts import Rule


class KeyedPath(Settings):
    """One place that holds images named by their ImageID."""

    path: str
    """A folder of images named `<ImageID>.jpg` (in folders or not), a WebDataset shard or a Parquet
    file with such keys, or a folder or glob of these."""
    origin: str = Field("openimages", pattern=r"^[a-z][a-z0-9_-]*$")
    """Where the images come from, as their records name it."""
    image_column: str | None = None
    """Tables: column with the encoded images; none lets synthset look for it."""
    key_column: str = "key"
    """Tables: column with the ImageID; if there is no `key`, synthset looks for it."""


class OpenImages(SourceSettings):
    """Real images picked by their OpenImages labels, which a mapping translates into classes."""

    implementation: ClassVar[str] = "synthset.sources.openimages.source:OpenImagesSource"
    version: ClassVar[str] = "2"
    lists_images: ClassVar[bool] = True
    needs_prompts: ClassVar[bool] = False
    reads_images: ClassVar[bool] = True
    reads_from: ClassVar[tuple[str, ...]] = ("paths", "labels", "mapping", "info", "descriptions")

    kind: Literal["openimages"]
    paths: tuple[KeyedPath, ...] = Field(min_length=1)
    """Where the images are. Only these are used, even if the labels name more."""
    labels: tuple[str, ...] = Field(min_length=1)
    """OpenImages' label files, or globs of them: `*-human-imagelabels.csv`,
    `*-machine-imagelabels.csv`, `*-annotations-bbox.csv`; all of one split."""
    descriptions: str
    """`class-descriptions.csv`, which gives the name of each label."""
    mapping: tuple[str, ...] = Field(min_length=1)
    """Which label means which class: the file written by `synthset pool map` and, if there is one,
    the review file with your answers."""
    hierarchy: str | None = None
    """`bbox_labels_600_hierarchy.json`, which gives the broader labels above each label. Only
    `synthset pool map` reads it; the images don't depend on it."""
    info: tuple[str, ...] = ()
    """`*-images-with-rotation.csv` or `image_ids_and_rotation.csv`, with the address and licence of
    each image."""
    labelled_by: Literal["people", "machine", "any"] = "people"
    """Whose labels count: those that people verified or drew, those of a classifier, or both. A
    label that people rejected never counts."""
    min_confidence: float = Field(0.5, gt=0, le=1)
    """Least confidence of a label; that of people is 1."""
    several: Literal["drop", "most_specific"] = "drop"
    """What to do with an image whose labels mean several classes: drop it, or give it to the most
    specific class, which lies under all the others in WordNet; if there is none, it is dropped
    too."""
    conflicts: Rule = Field("drop", json_schema_extra=MEMBERSHIP)
    """What to do with the same bytes under several keys whose labels mean different classes: `drop`
    them all, take the class of the `first`, or `keep` each."""

    @property
    def vocabulary(self) -> tuple[str, str | None]:
        """OpenImages' files of its labels."""
        return self.descriptions, self.hierarchy
