"""How the kept part is laid out, and what the report shows."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from synthset.recipe.settings import EXECUTION, KindSettings, OneOf, Settings
from synthset.taxonomy.groups import DEFAULT, Wanted


class ExportSettings(KindSettings):
    """What all exports share. A new kind is a subclass with a `kind` of its own.

    Its `implementation` is a function of the dataset and these settings: it writes the kept part,
    and returns a `synthset.export.place.Exported`. `synthset.export.place.find_folder` gives the
    folder, wherever it lies; a kind that uses it says so by `to_stores`.
    """

    to_stores: ClassVar[bool] = False
    """Whether that function writes to object stores, too."""

    path: str | None = None
    """Folder, within the dataset unless absolute, or URL such as `s3://bucket/pets`: new, or an
    earlier export of the same images.
    None makes a new one for each selection, `exports/<selection>-<fingerprint>`, so that a changed
    limit never mixes two datasets."""


class ImageExport(ExportSettings):
    """What exports of images share."""

    val_fraction: float = Field(0.0, ge=0, lt=1)
    """Share of each class that goes to `val`."""
    seed: int = 0
    """Decides which images go to `val`, and in which order files with many images hold them."""


class ImageFolder(ImageExport):
    """Folders as in ImageNet: `train/<wnid or class>/<id>.jpg`, along with metadata and a dataset
    card."""

    implementation: ClassVar[str] = "synthset.export.imagefolder:export"
    version: ClassVar[str] = "1"
    to_stores: ClassVar[bool] = True

    kind: Literal["imagefolder"]
    class_texts: bool = False
    """Write `texts/<wnid or class>.txt` for each class: its name, synset number and prompts."""


class WebDataset(ImageExport):
    """WebDataset shards: `train-00000.tar` with `<id>.jpg`, `<id>.cls` (the label) and `<id>.json`
    (everything else), in an order that mixes the classes."""

    implementation: ClassVar[str] = "synthset.export.packed:export_packed"
    version: ClassVar[str] = "1"
    to_stores: ClassVar[bool] = True

    kind: Literal["webdataset"]
    images_per_file: int = Field(10_000, ge=1)
    """Images per shard; shards of up to a gigabyte read well."""


class Parquet(ImageExport):
    """Parquet files as on the Hugging Face hub: `data/train-00000-of-00003.parquet` with the
    columns `image` and `label`, then everything else, in an order that mixes the classes."""

    implementation: ClassVar[str] = "synthset.export.packed:export_packed"
    version: ClassVar[str] = "1"
    to_stores: ClassVar[bool] = True

    kind: Literal["parquet"]
    images_per_file: int = Field(10_000, ge=1)
    """Images per file; files of up to half a gigabyte read well."""


class Npy(ImageExport):
    """NumPy arrays: `images.npy`, (N, H, W, 3) uint8 RGB, and `labels.npy`, (N,) int64, with
    `classes.json` and `metadata.parquet` alongside, in the dataset's order."""

    implementation: ClassVar[str] = "synthset.export.arrays:export_arrays"
    version: ClassVar[str] = "1"
    to_stores: ClassVar[bool] = True

    kind: Literal["npy"]
    size_px: int | None = Field(None, ge=1, le=8192)
    """Width and height of every image: the central square is cut out and scaled. None means the
    images' own size, which must then be the same for all."""


class DiffusionDb(ExportSettings):
    """One table, `metadata.parquet`, that says how each image was made: one row per record, kept or
    not, with the columns of DiffusionDB's metadata."""

    implementation: ClassVar[str] = "synthset.export.diffusiondb:export_diffusiondb"
    version: ClassVar[str] = "1"
    to_stores: ClassVar[bool] = True

    kind: Literal["diffusiondb"]


Packed = WebDataset | Parquet
Export = Annotated[ExportSettings, OneOf("exports")]


class Report(Settings):
    """The page that shows the results."""

    gallery_per_class: int = Field(10, ge=1, le=200)
    """Kept images that the page shows of each class."""
    rejected: int = Field(60, ge=0, le=2000)
    """Rejected images that the page shows in total."""
    max_classes: int = Field(50, ge=1, le=2000)
    """Classes that have a gallery."""
    groups: Literal["usual"] | tuple[str, ...] | dict[str, str | tuple[str, ...]] = "usual"
    """WordNet synsets that results are also grouped by: a list (`[animal.n.01]`), or names with one
    synset or several (`food: [food.n.01, food.n.02]`). `usual` takes animal, plant, food, vehicle,
    building and others; `[]` takes none."""

    def wanted_groups(self) -> Wanted:
        """The groups as `taxonomy.groups` takes them."""
        return DEFAULT if isinstance(self.groups, str) else self.groups


class EngineSettings(Settings):
    """How the run is carried out. Nothing here changes the results, except that `threads` may
    change the last bit of a number."""

    workers: int | Literal["auto"] = Field("auto", json_schema_extra=EXECUTION)
    """Number of processes; `auto` takes one per GPU, or as many as cores and memory allow, and
    fewer where there is little to do."""
    threads: int = Field(1, ge=1, le=256, json_schema_extra=EXECUTION)
    """Threads for arithmetic in each worker on a CPU. A different number may change the last bit of
    a pixel."""
    rows_per_shard: int = Field(1024, ge=1, le=65536)
    """Records per shard, which is the unit of storage. Fixed once a dataset exists."""
    max_failures: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        "auto", json_schema_extra=EXECUTION
    )
    """A stage stops when this many records in a row have failed in the same way; `auto` is 32, or 5
    % of the records where that is more."""
