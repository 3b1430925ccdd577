"""Images with captions: the settings of the source `pool`."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from synthset.recipe.paths import FolderPath
from synthset.recipe.settings import MEMBERSHIP, Settings
from synthset.recipe.sources import SourceSettings
from synthset.taxonomy.label_conflicts import Rule


class PoolPath(Settings):
    """One place that holds captioned images."""

    path: str
    """A Parquet file with encoded images, a WebDataset shard, a folder of images each with a text
    file beside it, or a folder or glob of these; img2dataset writes all three. Or a dataset of
    `synthset run`, whose kept images are taken. Either a local path or a URL such as
    `s3://bucket/laion`."""
    origin: str = Field("pool", pattern=r"^[a-z][a-z0-9_-]*$")
    """Where the images come from, as their records name it: `laion`, `cc12m`, …"""
    image_column: str | None = None
    """Tables: column with the encoded images; none looks for `image`, `jpg`, `png`, `webp` and
    other usual names, then for the only column of a suitable type."""
    caption_column: str = "caption"
    """Column with the captions; case doesn't matter. In shards and folders: the entry of the
    `.json` that is read for an image without a `.txt`. In a dataset's records: `prompt`, unless
    this is set. If there is no `caption`, the default also finds `text`, `prompt` and other usual
    names."""


class Pool(SourceSettings):
    """Real images picked from a pool because their caption names a class, or because their features
    are close to those of labelled images or of a class's name."""

    implementation: ClassVar[str] = "synthset.sources.pool.source:PoolSource"
    version: ClassVar[str] = "2"
    lists_images: ClassVar[bool] = True
    needs_prompts: ClassVar[bool] = False
    reads_images: ClassVar[bool] = True
    reads_from: ClassVar[tuple[str, ...]] = ("paths", "queries", "against", "index")
    starts_from: ClassVar[str | None] = "queries"

    kind: Literal["pool"]
    paths: tuple[PoolPath, ...] = ()
    """Where the pool is; not needed with an `index`."""
    strategy: Literal["caption", "substring", "random", "retrieve_image", "retrieve_text"] = (
        "caption"
    )
    """How images are picked. `caption` takes those whose caption names exactly one class, starting
    with the captions closest to its definition (arXiv 2306.15769). `substring` takes all whose
    caption names a class, for the class named first. `random`, the baseline, draws as many in total
    among all images whose caption names a class, as unevenly as the pool is. `retrieve_image` takes
    the neighbours of labelled images and `retrieve_text` those of a class's name, in the features
    of an index; `random` with an index draws from the whole pool and gives each image the class of
    the nearest labelled image."""
    min_similarity: float | None = Field(0.3, ge=-1, le=1)
    """Least cosine; null for none. `caption`: between a caption and "NAME which is DEFINITION" of
    its class, in a sentence encoder (which null doesn't need). `retrieve_*`: between an image and
    its query, in the encoder of the index."""
    conflicts: Rule = Field("drop", json_schema_extra=MEMBERSHIP)
    """What to do with the same bytes whose captions name different classes: `drop` them all, take
    the class found `first`, or `keep` each."""
    index: str | None = None
    """`retrieve_*`, `random`: the folder made by `synthset pool index`."""
    queries: tuple[FolderPath, ...] = ()
    """`retrieve_image`, `random` with an index: labelled real images to start from; never those of
    a test split."""
    texts: tuple[str, ...] = Field(("a photo of {a_class}",), min_length=1)
    """`retrieve_text`: texts that describe a class, with the fields of prompts, such as "{class}
    which is {gloss}"; of several texts, the mean direction counts."""
    compare: Literal["images", "captions"] = "images"
    """`retrieve_text`: whether the texts are compared with the pool's images or its captions."""
    neighbours: int | None = Field(None, ge=1, le=100_000)
    """`retrieve_*`: how many images a query may find; none means 100 for an image and 2,000 for the
    texts of a class."""
    max_similarity: float | None = Field(0.98, ge=-1, le=1)
    """With an index: an image that has a higher cosine than this with any query image or image in
    `against` is a near copy and left out; null leaves out only images with the same bytes."""
    margin: float = Field(0.0, ge=0, le=2)
    """`retrieve_*`: how much closer an image must be to its class than to the next one."""
    against: tuple[FolderPath, ...] = ()
    """With an index: labelled images, such as the test set, that no image may be a near copy of."""

    @property
    def has_prompts(self) -> bool:
        """Whether its images have captions, as far as the pool has."""
        return True

    @property
    def retrieves(self) -> bool:
        """Whether images are picked by features."""
        return self.index is not None

    @property
    def looked_at(self) -> int:
        """Neighbours of a query; a baseline asks for one's class only."""
        if self.strategy == "random":
            return 1
        return self.neighbours or (100 if self.strategy == "retrieve_image" else 2_000)

    @model_validator(mode="after")
    def _settings_count(self) -> Pool:
        """What the strategy needs is there; what it would pass over is a mistake."""
        indexed = self.strategy == "random" and self.index is not None
        mine = DRAWN if indexed else self.strategy
        for name in NEEDED.get(mine, ("paths",)):
            if not getattr(self, name):
                hint = ": make one with `synthset pool index`" if name == "index" else ""
                raise ValueError(f"strategy {mine!r} needs {name}{hint}")
        for name, strategies in ONLY.items():
            default = type(self).model_fields[name].default
            unset = (None, default) if name == "min_similarity" else (default,)
            if mine not in strategies and getattr(self, name) not in unset:
                listed = " and ".join(map(repr, strategies))
                raise ValueError(
                    f"{name} belongs to strategy {listed}, but the strategy is {mine!r}"
                )
        return self


DRAWN = "random with an index"
#: What strategies that compare features can't do without.
NEEDED: dict[str, tuple[str, ...]] = {
    "retrieve_image": ("index", "queries"),
    "retrieve_text": ("index",),
    DRAWN: ("queries",),
}
#: Settings of a pool that only some strategies look at.
ONLY: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("paths", "conflicts"), ("caption", "substring", "random")),
    "min_similarity": ("caption", "retrieve_image", "retrieve_text"),
    "queries": ("retrieve_image", DRAWN),
    "texts": ("retrieve_text",),
    "compare": ("retrieve_text",),
    **dict.fromkeys(("neighbours", "margin"), ("retrieve_image", "retrieve_text")),
    **dict.fromkeys(("index", "max_similarity", "against"), tuple(NEEDED)),
}
