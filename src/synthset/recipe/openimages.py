"""Images with OpenImages' labels: the settings of the source `openimages`."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from synthset.recipe.settings import MEMBERSHIP, Settings
from synthset.recipe.sources import SourceSettings
from synthset.taxonomy.label_conflicts import Rule


class KeyedPath(Settings):
    """One place with images that are called by their ImageID."""

    path: str
    """A folder of images named `<ImageID>.jpg` (in folders or not), a WebDataset shard or a Parquet
    file with such keys, or a folder or glob of them."""
    origin: str = Field("openimages", pattern=r"^[a-z][a-z0-9_-]*$")
    """What the records are called by."""
    image_column: str | None = None
    """Tables: column with the encoded images; none looks for it."""
    key_column: str = "key"
    """Tables: column with the ImageID; where there is no `key`, it is found."""


class OpenImages(SourceSettings):
    """Real images picked by the labels that OpenImages gives them, through a mapping of its labels
    to classes."""

    implementation: ClassVar[str] = "synthset.sources.openimages.source:OpenImagesSource"
    version: ClassVar[str] = "2"
    lists_images: ClassVar[bool] = True
    needs_prompts: ClassVar[bool] = False
    reads_images: ClassVar[bool] = True
    reads_from: ClassVar[tuple[str, ...]] = ("paths", "labels", "mapping", "info", "descriptions")

    kind: Literal["openimages"]
    paths: tuple[KeyedPath, ...] = Field(min_length=1)
    """Where the images lie. Only these are used, however many the labels name."""
    labels: tuple[str, ...] = Field(min_length=1)
    """OpenImages' files of labels, or globs of them: `*-human-imagelabels.csv`,
    `*-machine-imagelabels.csv`, `*-annotations-bbox.csv`; all of one split."""
    descriptions: str
    """`class-descriptions.csv`: what each label is called."""
    mapping: tuple[str, ...] = Field(min_length=1)
    """Which label means which class: the file that `synthset pool map` wrote, and the review file
    with its answers if there is one."""
    hierarchy: str | None = None
    """`bbox_labels_600_hierarchy.json`: what lies above a label. `synthset pool map` reads it; the
    images don't depend on it."""
    info: tuple[str, ...] = ()
    """`*-images-with-rotation.csv` or `image_ids_and_rotation.csv`, with the address and licence of
    each image."""
    labelled_by: Literal["people", "machine", "any"] = "people"
    """Whose labels count: those that people have verified or drawn, those of a classifier, or both.
    What people have denied is denied in any case."""
    min_confidence: float = Field(0.5, gt=0, le=1)
    """Confidence that a label has at least; people's is 1."""
    several: Literal["drop", "most_specific"] = "drop"
    """An image whose labels mean several classes is dropped, or goes to the one that lies under all
    the others; where none does, it is dropped too."""
    conflicts: Rule = Field("drop", json_schema_extra=MEMBERSHIP)
    """The same bytes under several keys whose labels mean several classes: `drop` takes none of
    them, `first` the class of the one that lies first, `keep` each class."""

    @property
    def vocabulary(self) -> tuple[str, str | None]:
        """OpenImages' files of its labels."""
        return self.descriptions, self.hierarchy
