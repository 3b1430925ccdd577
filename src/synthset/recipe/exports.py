"""How the kept part is laid out, and what the report shows."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from synthset.recipe.settings import EXECUTION, Settings


class ImageFolder(Settings):
    """ImageNet-like folders: `train/<wnid or class>/<id>.jpg`, with metadata and a dataset card
    beside them."""

    kind: Literal["imagefolder"]
    path: str | None = None
    """Folder, within the dataset unless absolute: new, or an earlier export of the same images.
    None makes a new one for each selection, `exports/<selection>-<fingerprint>`, so that a changed
    limit never mixes two datasets."""
    val_fraction: float = Field(0.0, ge=0, lt=1)
    """Share of each class that goes to `val/`."""
    seed: int = 0
    """Decides which images go to `val/`."""


class Report(Settings):
    """The page at the end."""

    gallery_per_class: int = Field(10, ge=1, le=200)
    """Kept images shown of each class."""
    rejected: int = Field(60, ge=0, le=2000)
    """Rejected images shown in all."""
    max_classes: int = Field(50, ge=1, le=2000)
    """Classes shown in galleries."""


class Engine(Settings):
    """How it runs; nothing here changes what comes out, save `threads` in the last bit."""

    workers: int | Literal["auto"] = Field("auto", json_schema_extra=EXECUTION)
    """Processes; `auto` is one a GPU, or as many as cores, memory and shards allow."""
    threads: int = Field(1, ge=1, le=256, json_schema_extra=EXECUTION)
    """Threads of arithmetic in each worker on a CPU. Another number may change the last bit of a
    pixel."""
    rows_per_shard: int = Field(1024, ge=1, le=65536)
    """Records in a shard: the unit of work and of resuming. Fixed once a dataset exists."""
