"""What is measured on a set as a whole: the settings of every metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from synthset.errors import Problem
from synthset.recipe.entries import check_encoder, check_name, check_reference
from synthset.recipe.settings import KindSettings, Name, OneOf

if TYPE_CHECKING:
    from synthset.recipe.recipe import Recipe


class MetricSettings(KindSettings):
    """What all metrics of a set share. A new kind is a subclass with a `kind` of its own.

    Its `implementation` is a function of these settings and a `synthset.measures.part.Part`, a part
    of the set; it returns a list of `synthset.results.metric_result.MetricResult`.

    Attributes:
        by_part: whether it is measured on all, the kept and the rejected images one after the
            other; else it is called once, with all, and gives the results of each part.
        encoder_kinds: kinds of encoders that it can use; empty for any.
        subject: what of the set its first result tells, where a page has room for one figure.
    """

    by_part: ClassVar[bool] = True
    encoder_kinds: ClassVar[tuple[str, ...]] = ()
    subject: ClassVar[Literal["recognition", "distance", "diversity", "clip"] | None] = None

    @property
    def compares(self) -> str | None:
        """Name of the reference that it compares with."""
        return getattr(self, "reference", None)

    @property
    def needs_images(self) -> str | None:
        """What of it needs the images of its reference, in words; None where statistics will do."""
        return self.kind

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """Check what concerns other parts of the recipe.

        Args:
            recipe: the whole.
            where: its place in there, for messages.
        """
        problems = []
        if self.seen_by is not None:
            problems += check_encoder(recipe, where, self.seen_by, self.encoder_kinds)
        if self.compares is not None:
            place, what = f"{where}.reference", "holds only their mean and covariance"
            what = f"{self.needs_images} compares images, but {{}} {what}"
            right = "name a reference of kind images" if self.needs_images else None
            problems += check_reference(recipe, place, self.compares, what, right)
        return problems


class FrechetDistance(MetricSettings):
    """Fréchet distance between Gaussians of features. Only with the Inception encoder is it called
    FID. Lower is better."""

    implementation: ClassVar[str] = "synthset.measures.frechet_distance:measure"
    version: ClassVar[str] = "1"
    subject = "distance"

    kind: Literal["frechet_distance"]
    encoder: Name
    """Name of an encoder."""
    reference: Name
    """Name of a reference."""
    per_class: bool = False
    """Compare class by class as well, each beside the score of as many real images. Needs a
    reference of kind `images`."""
    axes: int | None = Field(64, ge=2, le=4096)
    """How many leading principal axes of the reference classes are compared on. None means all
    features; most of the number is bias then, so read it only beside its floor."""

    @property
    def needs_images(self) -> str | None:
        """The comparison of classes; statistics know none."""
        return "frechet_distance by class" if self.per_class else None


class InceptionScore(MetricSettings):
    """exp of the mean divergence of p(y|x) from p(y). Only with the Inception encoder is it called
    Inception Score. Higher is better."""

    implementation: ClassVar[str] = "synthset.measures.inception_score:measure"
    version: ClassVar[str] = "1"
    encoder_kinds: ClassVar[tuple[str, ...]] = ("inception", "classifier")

    kind: Literal["inception_score"]
    encoder: Name
    """Name of an encoder with logits: Inception or a classifier."""
    splits: int = Field(10, ge=1, le=100)
    """Number of parts that the set is split into; their mean is reported with its interval."""
    per_class: bool = False
    """Measure each class as well, in one split: 1 means that the classifier puts all its images
    into one class."""


class RecognitionRate(MetricSettings):
    """Share of images whose intended class is the classifier's first choice, overall and by class.
    Higher is better."""

    implementation: ClassVar[str] = "synthset.measures.recognition_rate:measure"
    version: ClassVar[str] = "1"
    subject = "recognition"

    kind: Literal["recognition_rate"]
    score: Name = "recognition"
    """Name of a recognition score."""

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """It names a recognition score."""
        names = [score.prefix for score in recipe.scores if score.kind == "recognition"]
        return check_name(f"{where}.score", self.score, names, "scores")


class SetComparison(MetricSettings):
    """What metrics share that compare the features of two sets of images."""

    encoder: Name
    """Name of an encoder."""
    reference: Name
    """Name of a reference of kind `images`."""
    per_class: bool = False
    """Compare class by class as well."""


class Kid(SetComparison):
    """Kernel Inception Distance: unbiased cubic-kernel discrepancy, times 1,000. Lower is better.

    Only with the Inception encoder is it called KID. Unlike a Fréchet distance, it suits small
    sets.
    """

    implementation: ClassVar[str] = "synthset.measures.kid:measure"
    version: ClassVar[str] = "1"

    kind: Literal["kid"]


class Cmmd(SetComparison):
    """CLIP maximum mean discrepancy, times 1,000 (arXiv 2401.09603). Lower is better."""

    implementation: ClassVar[str] = "synthset.measures.cmmd:measure"
    version: ClassVar[str] = "1"
    encoder_kinds: ClassVar[tuple[str, ...]] = ("clip",)

    kind: Literal["cmmd"]
    encoder: Name = "clip"
    """Name of a CLIP encoder."""


class Prdc(SetComparison):
    """Precision, recall, density and coverage (arXiv 2002.09797). Higher is better."""

    implementation: ClassVar[str] = "synthset.measures.prdc:measure"
    version: ClassVar[str] = "1"

    kind: Literal["prdc"]
    k: int = Field(5, ge=1, le=100)
    """Each ball reaches to the k-th nearest neighbour."""


class Vendi(MetricSettings):
    """Vendi score: how many different images the set is worth (arXiv 2210.02410)."""

    implementation: ClassVar[str] = "synthset.measures.vendi:measure"
    version: ClassVar[str] = "1"
    subject = "diversity"

    kind: Literal["vendi"]
    encoder: Name
    """Name of an encoder."""
    per_class: bool = False
    """Measure each class as well."""


class SourceCues(MetricSettings):
    """Can a probe tell generated images from real ones by cues that say nothing about the content?
    AUC by cue: file format, size, borders, JPEG settings, frequency, brightness and colour, for the
    files as they are and after the same preprocessing of both. At 0.5 the cue tells nothing; at 1
    it is a shortcut for any classifier.
    """

    implementation: ClassVar[str] = "synthset.measures.source_cues:measure"
    version: ClassVar[str] = "1"
    by_part: ClassVar[bool] = False

    kind: Literal["source_cues"]
    reference: Name
    """Name of a reference of kind `images`."""
    per_side: int = Field(1000, ge=20, le=20_000)
    """Take at most this many images of each side, drawn by content."""
    size_px: int | None = Field(None, ge=16, le=1024)
    """Size in pixels to which all images are brought; none means the smaller of the two median long
    sides, at most 256."""
    jpeg_quality: int = Field(85, ge=1, le=95)
    """JPEG quality at which all images are compressed."""


class Copies(MetricSettings):
    """Which images are near copies of real ones? Measures memorisation and leakage: the share of
    images that are closer to a real one than a threshold, and the closest pairs. Lower is better.

    For comparison, it also reports this share among the real images themselves: how often two
    different photographs are that similar.
    """

    implementation: ClassVar[str] = "synthset.measures.copies:measure"
    version: ClassVar[str] = "1"
    by_part: ClassVar[bool] = False

    kind: Literal["copies"]
    encoder: Name
    """Name of an encoder; one made for copy detection, or CLIP, works best."""
    reference: Name
    """Name of a reference of kind `images` that must not be copied, such as a test set."""
    threshold: float | None = Field(None, gt=0, le=1)
    """Cosine from which two images count as copies; none means the one that 1 % of the real images
    reach among themselves, since each encoder has its own scale."""
    pairs: int = Field(60, ge=0, le=1000)
    """How many of the closest pairs the report shows."""


class ClipScoreMean(MetricSettings):
    """Mean of a CLIP score, which comes with the score."""

    implementation: ClassVar[str] = "synthset.measures.clip_score:measure"
    version: ClassVar[str] = "1"
    subject = "clip"

    kind: Literal["clip_score"] = "clip_score"
    score: Name
    """Column of the score."""
    encoder: Name
    """Name of the CLIP encoder that scored."""


Metric = Annotated[MetricSettings, OneOf("metrics")]
