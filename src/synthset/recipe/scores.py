"""What each image is given as a number or a word: the settings of every score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from synthset.errors import Problem
from synthset.recipe.entries import check_encoder, check_reference
from synthset.recipe.metrics import ClipScoreMean, MetricSettings
from synthset.recipe.settings import KindSettings, Name, OneOf
from synthset.user_code import FunctionPath, get_file

if TYPE_CHECKING:
    from synthset.recipe.recipe import Recipe

Within = Literal["class", "all"]
OF_ALL = "{} holds only the mean and covariance of all classes together"
BY_CLASS = "name a reference of kind images"


class ScoreSettings(KindSettings):
    """What all scores of images share. A new kind is a subclass with a `kind` of its own.

    Attributes:
        reads: what it is computed from: the `images`, the `features` of one encoder, or the whole
            `set`, with which it changes. Of the first two the `implementation` is a
            `synthset.stage.Stage`; of the last a function of these settings and a
            `synthset.encoders.feature_reader.FeatureReader`, which returns each column, (N,)
            floats.
        checked_by: function of the settings, the recipe and its classes that looks for problems
            before anything is made, as `package.module:function`.
    """

    reads: ClassVar[Literal["images", "features", "set"]] = "images"
    checked_by: ClassVar[str | None] = None

    name: Name | None = None
    """Prefix of the columns, needed for two scores of the same kind; by default the kind."""

    @property
    def prefix(self) -> str:
        """What its columns start with."""
        return self.name or self.kind

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it writes: one, named as the score is, or one for each part."""
        return tuple(f"{self.prefix}_{part}" for part in self._parts) or (self.prefix,)

    @property
    def compares(self) -> str | None:
        """Name of the reference that it compares with."""
        return getattr(self, "reference", None)

    @property
    def needs_prompts(self) -> bool:
        """Whether each image must have a prompt."""
        return False

    @property
    def metrics(self) -> tuple[MetricSettings, ...]:
        """Metrics of the set that come with it."""
        return ()

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """Check what concerns other parts of the recipe.

        Args:
            recipe: the whole.
            where: its place in there, for messages.
        """
        return check_encoder(recipe, where, self.seen_by) if self.seen_by is not None else []

    _parts: ClassVar[tuple[str, ...]] = ()


class ClipScore(ScoreSettings):
    """100 x cosine of image and text features, negatives cut to 0. Column: `clip_score`. Higher is
    better."""

    implementation: ClassVar[str] = "synthset.scores.clip_score:ClipScoreStage"
    version: ClassVar[str] = "2"
    reads: ClassVar[Literal["images", "features", "set"]] = "features"

    kind: Literal["clip_score"]
    encoder: Name = "clip"
    """Name of a CLIP encoder."""
    text: str = "{prompt}"
    """What the image is compared with: {prompt}, or a text with {class}."""

    @property
    def needs_prompts(self) -> bool:
        """Whether its text holds the prompt."""
        return "{prompt}" in self.text

    @property
    def metrics(self) -> tuple[MetricSettings, ...]:
        """Its mean."""
        return (ClipScoreMean(score=self.prefix, encoder=self.encoder),)

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """Its encoder is a CLIP."""
        return check_encoder(recipe, where, self.encoder, ("clip",))


class Recognition(ScoreSettings):
    """Does a classifier see the intended class?

    Columns: `recognition_probability` (of the intended class, 0 to 1), `recognition_rank` (1 is
    top-1), `recognition_predicted` (the classifier's own name for its first choice) and
    `recognition_confidence` (in that choice).
    """

    implementation: ClassVar[str] = "synthset.scores.recognition:RecognitionStage"
    version: ClassVar[str] = "1"
    reads: ClassVar[Literal["images", "features", "set"]] = "features"
    checked_by: ClassVar[str | None] = "synthset.scores.recognition:check_classes"

    kind: Literal["recognition"]
    encoder: Name = "classifier"
    """Name of a classifier encoder."""
    names: dict[str, str] = Field(default_factory=dict)
    """Class of the recipe (its key) to class of the classifier (name, wnid or index), where the two
    differ."""

    _parts: ClassVar[tuple[str, ...]] = ("probability", "rank", "predicted", "confidence")

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """Its encoder is a classifier."""
        return check_encoder(recipe, where, self.encoder, ("classifier",))


class Quality(ScoreSettings):
    """Simple faults of an image, measured on its pixels.

    Columns: `quality_brightness` (mean, 0 to 1), `quality_contrast` (standard deviation, 0 to 0.5),
    `quality_sharpness` (variance of the Laplacian over that of the brightness, 0 to some 20),
    `quality_entropy` (bits, 0 to 8), `quality_aspect` (long side over short side) and
    `quality_issue` (null, or dark, bright, low_information, blurry, odd_size).
    """

    implementation: ClassVar[str] = "synthset.scores.quality:QualityStage"
    version: ClassVar[str] = "2"

    kind: Literal["quality"]
    dark: float = Field(0.32, ge=0, le=1)
    """An image darker than this (99th percentile of brightness) is `dark`."""
    bright: float = Field(0.95, ge=0, le=1)
    """An image brighter than this (5th percentile of brightness) is `bright`."""
    low_information: float = Field(1.5, ge=0, le=8)
    """An image with less entropy than this, in bits, is `low_information`."""
    blurry: float = Field(0.008, ge=0)
    """An image with less sharpness than this is `blurry`."""
    odd_size: float = Field(2.85, ge=1)
    """An image whose long side is more than this times its short side is `odd_size`."""

    _parts: ClassVar[tuple[str, ...]] = (
        "brightness",
        "contrast",
        "sharpness",
        "entropy",
        "aspect",
        "issue",
    )


class PerceptualHash(ScoreSettings):
    """A 64-bit hash that differs in only a few bits between copies, even if they are recompressed,
    resized or slightly cropped (DCT hash, as `imagehash.phash`), together with the colours of the
    image's parts. Column: `perceptual_hash`, 88 hexadecimal digits, 16 of them the hash; null for a
    picture of uniform brightness."""

    implementation: ClassVar[str] = "synthset.scores.perceptual_hash:PerceptualHashStage"
    version: ClassVar[str] = "2"

    kind: Literal["perceptual_hash"]


class Column(ScoreSettings):
    """A score read from a table of yours. Column: named like the score; null for an image without a
    row in the table."""

    implementation: ClassVar[str] = "synthset.scores.column:ColumnStage"
    version: ClassVar[str] = "1"
    checked_by: ClassVar[str | None] = "synthset.scores.column:check"

    kind: Literal["column"]
    path: str
    """CSV or Parquet file with a column `id` that holds the ids of the dataset's images, each
    once."""
    column: Name
    """Column of the file; it names the score too, unless the score has a `name`."""

    @property
    def prefix(self) -> str:
        """Its name, else that of the file's column."""
        return self.name or self.column

    @property
    def files(self) -> tuple[str, ...]:
        """The table."""
        return (self.path,)


class Python(ScoreSettings):
    """A score that is a function of your own: (N, H, W, 3) uint8 RGB to (N,) numbers. Images of the
    same shape come together; the score of an image must not depend on the others. Column: named
    like the score. Needs `--allow-code`."""

    implementation: ClassVar[str] = "synthset.scores.python:PythonScoreStage"
    version: ClassVar[str] = "1"
    checked_by: ClassVar[str | None] = "synthset.scores.python:check"

    kind: Literal["python"]
    path: FunctionPath
    """File and function, as in `my_scores.py:redness`."""

    @property
    def prefix(self) -> str:
        """Its name, else that of the function, in small letters."""
        return self.name or self.path.rpartition(":")[2].lower().lstrip("_")

    @property
    def files(self) -> tuple[str, ...]:
        """The file of the function."""
        return (get_file(self.path),)

    @property
    def code(self) -> str | None:
        """What of the user's own it runs."""
        return self.path


class FdInfluence(ScoreSettings):
    """How much the Fréchet distance of the set would rise without each image.

    Column: `fd_influence`. Positive: the image brings the set nearer to the reference. Higher is
    better. Exact; influences of several images do not add up.
    """

    implementation: ClassVar[str] = "synthset.scores.fd_influence:score_set"
    version: ClassVar[str] = "1"
    reads: ClassVar[Literal["images", "features", "set"]] = "set"

    kind: Literal["fd_influence"]
    encoder: Name
    """Name of an encoder."""
    reference: Name
    """Name of a reference; statistics have no classes and need `within: all`."""
    within: Within = "all"
    """`all`: the distance of the whole set; `class`: that of each class to its own real images."""

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """It has an encoder and a reference, with classes where it looks within them."""
        right = None if self.within == "all" else f"set `within: all`, or {BY_CLASS}"
        place = f"{where}.reference"
        return [
            *super().problems(recipe, where),
            *check_reference(recipe, place, self.reference, OF_ALL, right),
        ]


class IsContribution(ScoreSettings):
    """How much the Inception Score of the set would fall without each image.

    Column: `is_contribution`. Positive: the classifier is sure of the image, or its class is rare.
    Higher is better. Exact, for one split.
    """

    implementation: ClassVar[str] = "synthset.scores.is_contribution:score_set"
    version: ClassVar[str] = "1"
    reads: ClassVar[Literal["images", "features", "set"]] = "set"

    kind: Literal["is_contribution"]
    encoder: Name
    """Name of an encoder with logits: Inception or a classifier."""

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """Its encoder has logits."""
        return check_encoder(recipe, where, self.encoder, ("inception", "classifier"))


class Neighbours(ScoreSettings):
    """How each image is placed among the real ones.

    Columns: `neighbours_density` (real images whose ball holds it, over k; 0 is outside every
    ball), `neighbours_covers` (covered real images that it is the nearest to),
    `neighbours_distance` (to the nearest real image, in feature units) and `neighbours_typicality`
    (share of real images that are at least as far out, 0 to 1; below 0.05 is odd).
    """

    implementation: ClassVar[str] = "synthset.scores.neighbours:score_set"
    version: ClassVar[str] = "1"
    reads: ClassVar[Literal["images", "features", "set"]] = "set"

    kind: Literal["neighbours"]
    encoder: Name
    """Name of an encoder."""
    reference: Name
    """Name of a reference of kind `images`."""
    within: Within = "class"
    """Compare an image with the real images of its class, or with all."""
    k: int = Field(5, ge=1, le=100)
    """Which neighbour a ball reaches to."""

    _parts: ClassVar[tuple[str, ...]] = ("density", "covers", "distance", "typicality")

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """It has an encoder, and a reference with classes."""
        place = f"{where}.reference"
        return [
            *super().problems(recipe, where),
            *check_reference(recipe, place, self.reference, OF_ALL, BY_CLASS),
        ]


Score = Annotated[ScoreSettings, OneOf("scores")]
