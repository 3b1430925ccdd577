"""How images are looked at: encoders, per-image scores, references, and metrics of sets."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from synthset.recipe.paths import FolderPath
from synthset.recipe.settings import EXECUTION, Name, Settings
from synthset.recipe.sources import Device, Dtype


class _Encoder(Settings):
    dtype: Dtype = "float32"
    """Arithmetic. `float32` is the one for numbers that others compare with."""
    device: Device = Field("auto", json_schema_extra=EXECUTION)
    """`auto`, `cpu`, `mps`, `cuda` or `cuda:1`."""
    batch_size: int = Field(32, ge=1, le=4096, json_schema_extra=EXECUTION)
    """Images a model call."""


class InceptionEncoder(_Encoder):
    """torch-fidelity's Inception-v3: the one that FID and the Inception Score are defined by."""

    kind: Literal["inception"]
    weights: str | None = None
    """Local file with torch-fidelity's weights; none downloads them."""
    resize: Literal["clean", "torch-fidelity"] = "clean"
    """`clean`: antialiased bicubic as clean-fid; `torch-fidelity`: TF1-compatible bilinear as
    torch-fidelity."""


class ClipEncoder(_Encoder):
    """CLIP by open_clip or transformers."""

    kind: Literal["clip"]
    model: str = "miniature"
    """`miniature`, an open_clip name (`ViT-B-32`), `hf-hub:…`, or a local folder (open_clip or
    transformers layout)."""
    pretrained: str | None = None
    """open_clip's tag of the weights (`laion2b_s34b_b79k`) or a local weight file."""


class ClassifierEncoder(_Encoder):
    """Any timm classifier: its features, and its logits."""

    kind: Literal["classifier"]
    model: str = "miniature"
    """`miniature`, a timm name (`resnet50.a1_in1k`), `hf-hub:…`, or a local folder in timm's
    layout."""
    weights: str | None = None
    """Local safetensors file with the weights; none takes timm's."""


class PixelsEncoder(_Encoder):
    """A fake for tests and first steps: the image itself, shrunk to a few pixels. It knows nothing
    about content."""

    kind: Literal["pixels"]
    size_px: int = Field(8, ge=1, le=64)
    """Width and height after shrinking; features are 3 x size_px x size_px numbers."""


Encoder = Annotated[
    InceptionEncoder | ClipEncoder | ClassifierEncoder | PixelsEncoder, Field(discriminator="kind")
]


Within = Literal["class", "all"]


class _Score(Settings):
    name: Name | None = None
    """Prefix of the columns, for two scores of one kind; none takes the kind."""

    @property
    def prefix(self) -> str:
        """What its columns start with."""
        return self.name or str(getattr(self, "kind"))  # noqa: B009 - each variant declares its kind

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it writes."""
        return tuple(f"{self.prefix}_{part}" for part in self._parts)

    _parts: ClassVar[tuple[str, ...]] = ()


class ClipScore(_Score):
    """100 x cosine of image and text features, negatives cut to 0. Column: `clip_score`. Higher is
    better."""

    kind: Literal["clip_score"]
    encoder: Name = "clip"
    """Name of a CLIP encoder."""
    text: str = "{prompt}"
    """What the image is compared with: {prompt}, or a text with {class}."""

    @property
    def columns(self) -> tuple[str, ...]:
        """One column, named as the score is."""
        return (self.prefix,)


class Recognition(_Score):
    """Does a classifier see the intended class?

    Columns: `recognition_probability` (of the intended class, 0 to 1), `recognition_rank` (1 is
    top-1), `recognition_predicted` (the classifier's own name of its first choice) and
    `recognition_confidence`.
    """

    kind: Literal["recognition"]
    encoder: Name = "classifier"
    """Name of a classifier encoder."""
    names: dict[str, str] = Field(default_factory=dict)
    """Class of the recipe (its key) to class of the classifier (name, wnid or index), where they
    differ."""

    _parts: ClassVar[tuple[str, ...]] = ("probability", "rank", "predicted", "confidence")


class Quality(_Score):
    """Simple faults of a picture, measured on its pixels.

    Columns: `quality_brightness` (mean, 0 to 1), `quality_contrast` (standard deviation, 0 to 0.5),
    `quality_sharpness` (variance of the Laplacian over that of the brightness, 0 to some 20),
    `quality_entropy` (bits, 0 to 8), `quality_aspect` (long side over short side) and
    `quality_issue` (null, or dark, bright, low_information, blurry, odd_size).
    """

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


class PerceptualHash(_Score):
    """A hash of 64 bits that a copy shares but for a few bits, also recompressed, resized or
    slightly cropped (DCT hash, as `imagehash.phash`), with the colours of its parts. Column:
    `perceptual_hash`, 88 hexadecimal digits, 16 of them the hash; null for a picture of one
    brightness."""

    kind: Literal["perceptual_hash"]

    @property
    def columns(self) -> tuple[str, ...]:
        """One column, named as the score is."""
        return (self.prefix,)


class FdInfluence(_Score):
    """What the Fréchet distance of the set owes to each image: how much it would rise without it.

    Column: `fd_influence`. Positive: the set is nearer to the reference with this image. Higher is
    better. Exact; influences of several images do not add up.
    """

    kind: Literal["fd_influence"]
    encoder: Name
    """Name of an encoder."""
    reference: Name
    """Name of a reference; statistics have no classes, and take `within: all`."""
    within: Within = "all"
    """Distance of the whole set, or of each class to the real images of that class."""

    @property
    def columns(self) -> tuple[str, ...]:
        """One column, named as the score is."""
        return (self.prefix,)


class IsContribution(_Score):
    """What the Inception Score of the set owes to each image: how much it would fall without it.

    Column: `is_contribution`. Positive: clear to the classifier, or of a rare class. Higher is
    better. Exact, for one split.
    """

    kind: Literal["is_contribution"]
    encoder: Name
    """Name of an encoder with logits: Inception or a classifier."""

    @property
    def columns(self) -> tuple[str, ...]:
        """One column, named as the score is."""
        return (self.prefix,)


class Neighbours(_Score):
    """Where each image lies among the real ones.

    Columns: `neighbours_density` (real images whose ball holds it, over k; 0 is outside of all),
    `neighbours_covers` (covered real images that it is the nearest to), `neighbours_distance` (to
    the nearest real image, in feature units) and `neighbours_typicality` (share of real images that
    lie at least as far out, 0 to 1; below 0.05 is odd).
    """

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


#: Scores that the whole set gives its images: they change when the set does.
SetScore = FdInfluence | IsContribution | Neighbours

Score = Annotated[
    ClipScore | Recognition | Quality | PerceptualHash | FdInfluence | IsContribution | Neighbours,
    Field(discriminator="kind"),
]


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
