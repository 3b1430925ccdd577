"""How the kept part is laid out, and what the report shows."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from synthset.recipe.settings import EXECUTION, KindSettings, OneOf, Settings
from synthset.taxonomy.groups import DEFAULT, Wanted


class ExportSettings(KindSettings):
    """What all exports share. A new kind is a subclass with a `kind` of its own.

    Its `implementation` is a function of the dataset and these settings: it writes the kept part,
    and returns a `synthset.export.place.Exported`.
    """

    path: str | None = None
    """Folder, within the dataset unless absolute: new, or an earlier export of the same images.
    None makes a new one for each selection, `exports/<selection>-<fingerprint>`, so that a changed
    limit never mixes two datasets."""


class ImageExport(ExportSettings):
    """What exports of images share."""

    val_fraction: float = Field(0.0, ge=0, lt=1)
    """Share of each class that goes to `val`."""
    seed: int = 0
    """Decides which images go to `val`, and the order of images in files that hold many."""


class ImageFolder(ImageExport):
    """ImageNet-like folders: `train/<wnid or class>/<id>.jpg`, with metadata and a dataset card
    beside them."""

    implementation: ClassVar[str] = "synthset.export.imagefolder:export"
    version: ClassVar[str] = "1"

    kind: Literal["imagefolder"]
    class_texts: bool = False
    """Write `texts/<wnid or class>.txt` for each class: its name, synset number and prompts."""


class WebDataset(ImageExport):
    """WebDataset shards: `train-00000.tar` with `<id>.jpg`, `<id>.cls` (the label) and `<id>.json`
    (everything else), in an order that mixes the classes."""

    implementation: ClassVar[str] = "synthset.export.packed:export_packed"
    version: ClassVar[str] = "1"

    kind: Literal["webdataset"]
    images_per_file: int = Field(10_000, ge=1)
    """Images in a shard; a gigabyte or less reads well."""


class Parquet(ImageExport):
    """Parquet files as the Hugging Face hub has them: `data/train-00000-of-00003.parquet` with the
    columns `image` and `label`, then everything else, in an order that mixes the classes."""

    implementation: ClassVar[str] = "synthset.export.packed:export_packed"
    version: ClassVar[str] = "1"

    kind: Literal["parquet"]
    images_per_file: int = Field(10_000, ge=1)
    """Images in a file; half a gigabyte or less reads well."""


class Npy(ImageExport):
    """NumPy arrays: `images.npy`, (N, H, W, 3) uint8 RGB, and `labels.npy`, (N,) int64, with
    `classes.json` and `metadata.parquet` beside them, in the dataset's order."""

    implementation: ClassVar[str] = "synthset.export.arrays:export_arrays"
    version: ClassVar[str] = "1"

    kind: Literal["npy"]
    size_px: int | None = Field(None, ge=1, le=8192)
    """Side of every image: cut square about the middle and scaled. None keeps the images' own
    size, which they must share."""


class DiffusionDb(ExportSettings):
    """One table of what made each image, `metadata.parquet`: a row a record, kept or not, in the
    columns of DiffusionDB's metadata."""

    implementation: ClassVar[str] = "synthset.export.diffusiondb:export_diffusiondb"
    version: ClassVar[str] = "1"

    kind: Literal["diffusiondb"]


Packed = WebDataset | Parquet
Export = Annotated[ExportSettings, OneOf("exports")]


class Report(Settings):
    """The page at the end."""

    gallery_per_class: int = Field(10, ge=1, le=200)
    """Kept images shown of each class."""
    rejected: int = Field(60, ge=0, le=2000)
    """Rejected images shown in all."""
    max_classes: int = Field(50, ge=1, le=2000)
    """Classes shown in galleries."""
    groups: Literal["usual"] | tuple[str, ...] | dict[str, str | tuple[str, ...]] = "usual"
    """WordNet synsets by which results are read as well: a list (`[animal.n.01]`), or names with
    one synset or several (`food: [food.n.01, food.n.02]`). `usual` takes animal, plant, food,
    vehicle, building and others; `[]` none."""

    def wanted_groups(self) -> Wanted:
        """The groups as `taxonomy.groups` takes them."""
        return DEFAULT if isinstance(self.groups, str) else self.groups


class Engine(Settings):
    """How it runs; nothing here changes what comes out, save `threads` in the last bit."""

    workers: int | Literal["auto"] = Field("auto", json_schema_extra=EXECUTION)
    """Processes; `auto` is one a GPU, or as many as cores, memory and shards allow."""
    threads: int = Field(1, ge=1, le=256, json_schema_extra=EXECUTION)
    """Threads of arithmetic in each worker on a CPU. Another number may change the last bit of a
    pixel."""
    rows_per_shard: int = Field(1024, ge=1, le=65536)
    """Records in a shard: the unit of work and of resuming. Fixed once a dataset exists."""
    max_failures: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        "auto", json_schema_extra=EXECUTION
    )
    """A stage stops when so many records in a row have failed in the same way; `auto` is 32, or 5 %
    of the records where that is more."""
