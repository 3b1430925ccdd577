"""Images with captions: the settings of the source `pool`."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from synthset.recipe.paths import FolderPath
from synthset.recipe.settings import MEMBERSHIP, Settings
from synthset.recipe.sources import SourceSettings
from synthset.taxonomy.label_conflicts import Rule


class PoolPath(Settings):
    """One place with captioned images."""

    path: str
    """A Parquet file with encoded images, a WebDataset shard, a folder of images with a text beside
    each, or a folder or glob of them; img2dataset writes all three. Or a dataset of `synthset run`:
    its kept images. A path of this disk, or a URL such as `s3://bucket/laion`."""
    origin: str = Field("pool", pattern=r"^[a-z][a-z0-9_-]*$")
    """What the records are called by: `laion`, `cc12m`, …"""
    image_column: str | None = None
    """Tables: column with the encoded images; none looks for `image`, `jpg`, `png`, `webp`, other
    usual names, then for the only column of such a type."""
    caption_column: str = "caption"
    """Column with the captions, whatever its case; of shards and folders, the entry of `.json` that
    is read where an image has no `.txt`; of a dataset's records `prompt`, if this is not set. Where
    there is no `caption`, the default also finds `text`, `prompt` and other usual names."""


class Pool(SourceSettings):
    """Real images picked from a pool because their captions name a class, or because they are
    near to labelled images or to what a class is called."""

    implementation: ClassVar[str] = "synthset.sources.pool.source:PoolSource"
    version: ClassVar[str] = "2"
    lists_images: ClassVar[bool] = True
    needs_prompts: ClassVar[bool] = False
    reads_images: ClassVar[bool] = True
    reads_from: ClassVar[tuple[str, ...]] = ("paths", "queries", "against", "index")
    starts_from: ClassVar[str | None] = "queries"

    kind: Literal["pool"]
    paths: tuple[PoolPath, ...] = ()
    """Where the pool lies; with an `index`, which knows that, none."""
    strategy: Literal["caption", "substring", "random", "retrieve_image", "retrieve_text"] = (
        "caption"
    )
    """`caption` takes images whose caption names one class alone, those nearest to its definition
    first (arXiv 2306.15769); `substring` whatever names a class, for the class named first;
    `random`, the baseline, as many in all, drawn from what names a class, as unevenly as the pool
    is. `retrieve_image` takes the neighbours of labelled images, `retrieve_text` those of a class's
    name, in the features of an index; `random` with an index draws from the whole pool, for the
    class of the nearest labelled image."""
    min_similarity: float | None = Field(0.3, ge=-1, le=1)
    """Least cosine; null for none. `caption`: of a caption and "NAME which is DEFINITION" of its
    class in a sentence encoder, which null doesn't need. `retrieve_*`: of an image and its query in
    the encoder of the index."""
    conflicts: Rule = Field("drop", json_schema_extra=MEMBERSHIP)
    """The same bytes whose captions name several classes: `drop` takes none of them, `first` the
    class that is found first, `keep` each class."""
    index: str | None = None
    """`retrieve_*`, `random`: folder that `synthset pool index` made."""
    queries: tuple[FolderPath, ...] = ()
    """`retrieve_image`, `random` with an index: labelled real images; never those of a test
    split."""
    texts: tuple[str, ...] = Field(("a photo of {a_class}",), min_length=1)
    """`retrieve_text`: what a class is called, with the fields of prompts, such as "{class} which
    is {gloss}"; of several texts the mean direction counts."""
    compare: Literal["images", "captions"] = "images"
    """`retrieve_text`: what of the pool is compared with the texts."""
    neighbours: int | None = Field(None, ge=1, le=100_000)
    """`retrieve_*`: how many images a query may find; none is 100 for an image and 2,000 for a
    class's texts."""
    max_similarity: float | None = Field(0.98, ge=-1, le=1)
    """With an index: an image of a higher cosine with any query image, or image in `against`, is a
    near-copy and left out; null leaves only out what has the same bytes."""
    margin: float = Field(0.0, ge=0, le=2)
    """`retrieve_*`: how much nearer an image has to be to its class than to the next one."""
    against: tuple[FolderPath, ...] = ()
    """With an index: labelled images, such as the test set, that nothing may be a near-copy of."""

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
                raise ValueError(f"{name} is missing for strategy {mine!r}{hint}")
        for name, strategies in ONLY.items():
            default = type(self).model_fields[name].default
            unset = (None, default) if name == "min_similarity" else (default,)
            if mine not in strategies and getattr(self, name) not in unset:
                listed = " and ".join(map(repr, strategies))
                raise ValueError(f"{name} is of strategy {listed}, and the strategy is {mine!r}")
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
