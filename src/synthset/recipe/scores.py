"""How images are looked at: encoders, per-image scores, references, and metrics of sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from synthset.errors import Problem
from synthset.recipe.entries import encoder_problems, named
from synthset.recipe.paths import FolderPath
from synthset.recipe.settings import KindSettings, Name, OneOf, Settings
from synthset.user_code import FunctionPath, file_of

if TYPE_CHECKING:
    from synthset.recipe.recipe import Recipe

Within = Literal["class", "all"]


class ScoreSettings(KindSettings):
    """What all scores of images share. A new kind is a subclass with a `kind` of its own.

    Attributes:
        reads: what it is computed from: the `images`, the `features` of one encoder, or the whole
            `set`, with which it changes.
        checked_by: function of the settings, the recipe and its classes that looks for problems
            before anything is made, as `package.module:function`.
    """

    reads: ClassVar[Literal["images", "features", "set"]] = "images"
    checked_by: ClassVar[str | None] = None

    name: Name | None = None
    """Prefix of the columns, for two scores of one kind; none takes the kind."""

    @property
    def prefix(self) -> str:
        """What its columns start with."""
        return self.name or self.kind

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it writes: one, named as the score is, or one for each part."""
        return tuple(f"{self.prefix}_{part}" for part in self._parts) or (self.prefix,)

    @property
    def seen_by(self) -> str | None:
        """Name of the encoder whose features it reads."""
        return getattr(self, "encoder", None)

    @property
    def compares(self) -> str | None:
        """Name of the reference that it compares with."""
        return getattr(self, "reference", None)

    @property
    def needs_prompts(self) -> bool:
        """Whether each image must have a prompt."""
        return False

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """Check what concerns other parts of the recipe.

        Args:
            recipe: the whole.
            where: its place in there, for messages.
        """
        return encoder_problems(recipe, where, self.seen_by) if self.seen_by is not None else []

    _parts: ClassVar[tuple[str, ...]] = ()


class ClipScore(ScoreSettings):
    """100 x cosine of image and text features, negatives cut to 0. Column: `clip_score`. Higher is
    better."""

    implementation: ClassVar[str] = "synthset.scores.clip_score:ClipScore"
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

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """Its encoder is a CLIP."""
        return encoder_problems(recipe, where, self.encoder, ("clip",))


class Recognition(ScoreSettings):
    """Does a classifier see the intended class?

    Columns: `recognition_probability` (of the intended class, 0 to 1), `recognition_rank` (1 is
    top-1), `recognition_predicted` (the classifier's own name of its first choice) and
    `recognition_confidence`.
    """

    implementation: ClassVar[str] = "synthset.scores.recognition:Recognition"
    version: ClassVar[str] = "1"
    reads: ClassVar[Literal["images", "features", "set"]] = "features"
    checked_by: ClassVar[str | None] = "synthset.scores.recognition:check_classes"

    kind: Literal["recognition"]
    encoder: Name = "classifier"
    """Name of a classifier encoder."""
    names: dict[str, str] = Field(default_factory=dict)
    """Class of the recipe (its key) to class of the classifier (name, wnid or index), where they
    differ."""

    _parts: ClassVar[tuple[str, ...]] = ("probability", "rank", "predicted", "confidence")

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """Its encoder is a classifier."""
        return encoder_problems(recipe, where, self.encoder, ("classifier",))


class Quality(ScoreSettings):
    """Simple faults of a picture, measured on its pixels.

    Columns: `quality_brightness` (mean, 0 to 1), `quality_contrast` (standard deviation, 0 to 0.5),
    `quality_sharpness` (variance of the Laplacian over that of the brightness, 0 to some 20),
    `quality_entropy` (bits, 0 to 8), `quality_aspect` (long side over short side) and
    `quality_issue` (null, or dark, bright, low_information, blurry, odd_size).
    """

    implementation: ClassVar[str] = "synthset.scores.quality:Quality"
    version: ClassVar[str] = "2"

    kind: Literal["quality"]
    dark: float = Field(0.32, ge=0, le=1)
    """Darker than this (99th percentile of brightness) is dark."""
    bright: float = Field(0.95, ge=0, le=1)
    """Brighter than this (5th percentile of brightness) is bright."""
    low_information: float = Field(1.5, ge=0, le=8)
    """Less entropy than this, in bits, is low_information."""
    blurry: float = Field(0.008, ge=0)
    """Less sharpness than this is blurry."""
    odd_size: float = Field(2.85, ge=1)
    """A long side of more than this times the short side is odd_size."""

    _parts: ClassVar[tuple[str, ...]] = (
        "brightness",
        "contrast",
        "sharpness",
        "entropy",
        "aspect",
        "issue",
    )


class PerceptualHash(ScoreSettings):
    """A hash of 64 bits that a copy shares but for a few bits, also recompressed, resized or
    slightly cropped (DCT hash, as `imagehash.phash`), with the colours of its parts. Column:
    `perceptual_hash`, 88 hexadecimal digits, 16 of them the hash; null for a picture of one
    brightness."""

    implementation: ClassVar[str] = "synthset.scores.perceptual_hash:PerceptualHash"
    version: ClassVar[str] = "2"

    kind: Literal["perceptual_hash"]


class Column(ScoreSettings):
    """A score that was measured elsewhere. Column: named as the score is; null where the table has
    no row of an image."""

    implementation: ClassVar[str] = "synthset.scores.column:Column"
    version: ClassVar[str] = "1"
    checked_by: ClassVar[str | None] = "synthset.scores.column:check"

    kind: Literal["column"]
    path: str
    """CSV or Parquet file with a column `id`, the ids of the dataset's images, each once."""
    column: Name
    """Column of the file; the score is called so, unless it has a `name`."""

    @property
    def prefix(self) -> str:
        """Its name, else that of the file's column."""
        return self.name or self.column

    @property
    def files(self) -> tuple[str, ...]:
        """The table."""
        return (self.path,)


class Python(ScoreSettings):
    """A score by a function of your own: (N, H, W, 3) uint8 RGB to (N,) numbers. Images of one
    shape come together; what an image gets may not depend on the others. Column: named as the score
    is. Wants `--allow-code`."""

    implementation: ClassVar[str] = "synthset.scores.python:Python"
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
        return (file_of(self.path),)

    @property
    def code(self) -> str | None:
        """What of the user's own it runs."""
        return self.path


class FdInfluence(ScoreSettings):
    """What the Fréchet distance of the set owes to each image: how much it would rise without it.

    Column: `fd_influence`. Positive: the set is nearer to the reference with this image. Higher is
    better. Exact; influences of several images do not add up.
    """

    version: ClassVar[str] = "1"
    reads: ClassVar[Literal["images", "features", "set"]] = "set"

    kind: Literal["fd_influence"]
    encoder: Name
    """Name of an encoder."""
    reference: Name
    """Name of a reference; statistics have no classes, and take `within: all`."""
    within: Within = "all"
    """Distance of the whole set, or of each class to the real images of that class."""

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """It has an encoder and a reference, with classes where it looks within them."""
        right = None if self.within == "all" else "set `within: all`, or name"
        return [
            *super().problems(recipe, where),
            *_of_classes(recipe, where, self.reference, right),
        ]


class IsContribution(ScoreSettings):
    """What the Inception Score of the set owes to each image: how much it would fall without it.

    Column: `is_contribution`. Positive: clear to the classifier, or of a rare class. Higher is
    better. Exact, for one split.
    """

    version: ClassVar[str] = "1"
    reads: ClassVar[Literal["images", "features", "set"]] = "set"

    kind: Literal["is_contribution"]
    encoder: Name
    """Name of an encoder with logits: Inception or a classifier."""

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """Its encoder has logits."""
        return encoder_problems(recipe, where, self.encoder, ("inception", "classifier"))


class Neighbours(ScoreSettings):
    """Where each image lies among the real ones.

    Columns: `neighbours_density` (real images whose ball holds it, over k; 0 is outside of all),
    `neighbours_covers` (covered real images that it is the nearest to), `neighbours_distance` (to
    the nearest real image, in feature units) and `neighbours_typicality` (share of real images that
    lie at least as far out, 0 to 1; below 0.05 is odd).
    """

    version: ClassVar[str] = "1"
    reads: ClassVar[Literal["images", "features", "set"]] = "set"

    kind: Literal["neighbours"]
    encoder: Name
    """Name of an encoder."""
    reference: Name
    """Name of a reference of kind `images`."""
    within: Within = "class"
    """Among the real images of its class, or among all."""
    k: int = Field(5, ge=1, le=100)
    """Which neighbour a ball reaches to."""

    _parts: ClassVar[tuple[str, ...]] = ("density", "covers", "distance", "typicality")

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """It has an encoder, and a reference with classes."""
        return [
            *super().problems(recipe, where),
            *_of_classes(recipe, where, self.reference, "name"),
        ]


def _of_classes(recipe: Recipe, where: str, name: str, right: str | None) -> list[Problem]:
    """A reference is there and, where `right` says what to do instead, holds images by class."""
    problems = named(f"{where}.reference", name, list(recipe.references), "references")
    found = recipe.references.get(name)
    if found is None or found.kind != "statistics" or right is None:
        return problems
    what = f"{name!r} holds only mean and covariance of all classes together"
    return [Problem(f"{where}.reference", what, f"{right} a reference of kind images")]


#: Scores that the whole set gives its images: they change when the set does.
SetScore = FdInfluence | IsContribution | Neighbours

Score = Annotated[ScoreSettings, OneOf("scores")]


class Statistics(Settings):
    """Stored mean and covariance of a reference set, with the fingerprint of the encoder that made
    them."""

    kind: Literal["statistics"]
    file: str
    """`cifar10-train` or `cifar10-test` (ship with synthset, for the miniatures), or a .safetensors
    file."""


class ReferenceImages(Settings):
    """A reference set of images, encoded as the dataset's own are."""

    kind: Literal["images"]
    paths: tuple[FolderPath, ...] = Field(min_length=1)
    """Where the images lie."""
    max_per_class: int | None = Field(None, ge=1)
    """Take at most so many of each class, drawn by content; none takes all."""


Reference = Annotated[Statistics | ReferenceImages, Field(discriminator="kind")]


class FrechetDistance(Settings):
    """Fréchet distance between Gaussians of features. Called FID with the Inception encoder only.
    Lower is better."""

    kind: Literal["frechet_distance"]
    encoder: Name
    """Name of an encoder."""
    reference: Name
    """Name of a reference."""
    per_class: bool = False
    """Compare class by class as well, beside what real images score at the same count. Takes a
    reference of kind `images`."""
    axes: int | None = Field(64, ge=2, le=4096)
    """Leading principal axes of the reference that classes are compared over. None takes all
    features, and most of the number is bias then: read it beside its floor only."""


class InceptionScore(Settings):
    """exp of the mean divergence of p(y|x) from p(y). Named so with the Inception encoder only.
    Higher is better."""

    kind: Literal["inception_score"]
    encoder: Name
    """Name of an encoder with logits: Inception or a classifier."""
    splits: int = Field(10, ge=1, le=100)
    """Parts of the set; their mean is reported, with its interval."""
    per_class: bool = False
    """Measure each class as well, in one split: 1 where the classifier takes all for one class."""


class RecognitionRate(Settings):
    """Share of images whose intended class is the classifier's first choice, in all and by class.
    Higher is better."""

    kind: Literal["recognition_rate"]
    score: Name = "recognition"
    """Name of a recognition score."""


class Kid(Settings):
    """Kernel Inception Distance: unbiased cubic-kernel discrepancy, times 1,000. Lower is better.

    Named so with the Inception encoder only. Sound for small sets, unlike a Fréchet distance.
    """

    kind: Literal["kid"]
    encoder: Name
    """Name of an encoder."""
    reference: Name
    """Name of a reference of kind `images`."""
    per_class: bool = False
    """Compare class by class as well."""


class Cmmd(Settings):
    """CLIP maximum mean discrepancy, times 1,000 (arXiv 2401.09603). Lower is better."""

    kind: Literal["cmmd"]
    encoder: Name = "clip"
    """Name of a CLIP encoder."""
    reference: Name
    """Name of a reference of kind `images`."""
    per_class: bool = False
    """Compare class by class as well."""


class Prdc(Settings):
    """Precision, recall, density and coverage (arXiv 2002.09797). Higher is better."""

    kind: Literal["prdc"]
    encoder: Name
    """Name of an encoder."""
    reference: Name
    """Name of a reference of kind `images`."""
    k: int = Field(5, ge=1, le=100)
    """Which neighbour a ball reaches to."""
    per_class: bool = False
    """Compare class by class as well."""


class Vendi(Settings):
    """Vendi score: how many different images the set is worth (arXiv 2210.02410)."""

    kind: Literal["vendi"]
    encoder: Name
    """Name of an encoder."""
    per_class: bool = False
    """Measure each class as well."""


class SourceCues(Settings):
    """Can a probe tell generated from real by what says nothing of the content? AUC by cue: file
    format, size, borders, JPEG settings, frequency, brightness and colour, as the files lie and
    after the same preprocessing of both. 0.5 is not told apart, 1 is a shortcut for any classifier.
    """

    kind: Literal["source_cues"]
    reference: Name
    """Name of a reference of kind `images`."""
    per_side: int = Field(1000, ge=20, le=20_000)
    """Images of each side at most, drawn by content."""
    size_px: int | None = Field(None, ge=16, le=1024)
    """Pixels that images are laid out at; none takes the smaller of the two median long
    sides, at most 256."""
    jpeg_quality: int = Field(85, ge=1, le=95)
    """Quality that all are compressed with."""


class Copies(Settings):
    """Memorisation and leakage: share of images that lie nearer to a real one than a threshold, and
    the closest pairs. Lower is better.

    Beside it stands the same share of the real images, each against the others: how often two
    different photographs are that alike.
    """

    kind: Literal["copies"]
    encoder: Name
    """Name of an encoder; one made for copy detection, or CLIP, serves best."""
    reference: Name
    """Name of a reference of kind `images`: what must not be copied, such as a test set."""
    threshold: float | None = Field(None, gt=0, le=1)
    """Cosine from which on two images count as copies; none takes the one that 1 % of the real
    images reach among themselves, since encoders differ in what is alike."""
    pairs: int = Field(60, ge=0, le=1000)
    """How many of the closest pairs the report shows."""


Metric = Annotated[
    FrechetDistance
    | InceptionScore
    | RecognitionRate
    | Kid
    | Cmmd
    | Prdc
    | Vendi
    | Copies
    | SourceCues,
    Field(discriminator="kind"),
]

#: Metrics that compare with a reference; all but the Fréchet distance need its images.
Comparison = FrechetDistance | Kid | Cmmd | Prdc | Copies
