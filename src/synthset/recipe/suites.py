"""What a benchmark measures of each classifier and training set, besides the experiment's own test.

Paper: Feuer et al. 2024, SELECT, arXiv 2410.05057
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_serializer, field_validator, model_validator

from synthset.recipe.encoders import (
    ClassifierEncoder,
    ClipEncoder,
    Encoder,
    InceptionEncoder,
)
from synthset.recipe.labelled_images import Found
from synthset.recipe.settings import KindSettings, OneOf

#: Where ours and the published ones differ, one of both is followed.
Conventions = Literal["corrected", "published"]

TRAINED = "trained"  # features of each arm's own classifier
BASE = "base"  # the experiment's own test; no suite has this name
#: Hendrycks and Dietterich 2019, arXiv 1903.12261: the fifteen of ImageNet-C, then the four that
#: its authors keep for validation.
Corruption = Literal[
    "gaussian_noise", "shot_noise", "impulse_noise",
    "defocus_blur", "glass_blur", "motion_blur", "zoom_blur",
    "snow", "frost", "fog", "brightness",
    "contrast", "elastic_transform", "pixelate", "jpeg_compression",
    "speckle_noise", "gaussian_blur", "spatter", "saturate",
]  # fmt: skip
FIFTEEN: tuple[Corruption, ...] = (
    "gaussian_noise", "shot_noise", "impulse_noise",
    "defocus_blur", "glass_blur", "motion_blur", "zoom_blur",
    "snow", "frost", "fog", "brightness",
    "contrast", "elastic_transform", "pixelate", "jpeg_compression",
)  # fmt: skip
Severity = Annotated[int, Field(ge=1, le=5)]


class SuiteSettings(KindSettings):
    """What all suites share. A new kind is a subclass with a `kind` of its own.

    Its `implementation` is a `synthset.experiment.suites.suite.Suite`, made of its name in the
    experiment, these settings, and the `Judged` that it measures.
    """

    text: str = ""
    """A few words for tables and figures; none means the suite's name."""

    def identity(self) -> dict[str, Any]:
        """Everything that decides the figures: not how the suite is called."""
        return {name: value for name, value in super().identity().items() if name != "text"}


class Shift(SuiteSettings):
    """Other test images of the same classes: taken later (ImageNet-V2), drawn (Sketch), rendered
    (R), hard (A), from odd angles (ObjectNet), stylised."""

    implementation: ClassVar[str] = "synthset.experiment.suites.shift:ShiftSuite"
    version: ClassVar[str] = "1"

    kind: Literal["shift"]
    images: Found
    """Where the images are. Images of classes that the experiment doesn't have are left out and
    counted."""
    group: Literal["natural", "synthetic"] = "natural"
    """Whether the images were photographed or computed."""
    names: dict[str, str] = Field(default_factory=dict)
    """Class in these images, and class of the experiment, where their names differ."""
    classes: tuple[str, ...] | None = Field(None, min_length=1)
    """Only these classes of the experiment; none means all that occur in the images."""
    mask: bool = True
    """The classifier chooses only among the classes that occur in these images, as published for A,
    R and ObjectNet; false lets it choose among all of the experiment's classes."""
    max_per_class: int | None = Field(None, ge=1)
    """At most this many images of each class, drawn by their bytes."""


class Corruptions(SuiteSettings):
    """ImageNet-C's corruptions, computed on the experiment's test images by imagecorruptions."""

    implementation: ClassVar[str] = "synthset.experiment.suites.corruptions:CorruptionsSuite"
    version: ClassVar[str] = "1"

    kind: Literal["corruptions"]
    names: tuple[Corruption, ...] = Field(FIFTEEN, min_length=1)
    """Which corruptions; by default, the fifteen of ImageNet-C."""
    severities: tuple[Severity, ...] = Field((1, 2, 3, 4, 5), min_length=1)
    """How strong the corruptions are, 1 to 5."""
    max_per_class: int | None = Field(None, ge=1)
    """At most this many test images of each class, drawn by their bytes; the same for every
    corruption."""
    at_px: int | None = Field(None, ge=32, le=1024)
    """Side of the square image that is corrupted; it is then brought to the model's size. None
    takes the model's size, but at least 64. This way, small images lose as much to blur, JPEG and
    the like as images of 224 px, for which the strengths were set, and half as much to noise."""

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        _refuse_twice("names", self.names)
        _refuse_twice("severities", self.severities)
        return self


class Transfer(SuiteSettings):
    """Another task for the trained network: it gets a new last layer, and all layers are trained
    further."""

    implementation: ClassVar[str] = "synthset.experiment.suites.transfer:TransferSuite"
    version: ClassVar[str] = "1"

    kind: Literal["transfer"]
    train: Found
    """Images of the other task."""
    test: Found | None = None
    """Test images of the other task, of the same classes; none splits them off `train`."""
    test_fraction: float = Field(0.2, gt=0, lt=1)
    """Share of each class that is split off for testing if `test` is not given."""
    max_train_per_class: int | None = Field(None, ge=1)
    """At most this many training images of each class."""
    max_test_per_class: int | None = Field(None, ge=1)
    """At most this many test images of each class."""
    size_px: int = Field(64, ge=8, le=1024)
    """Side of the square to which images are resized, whatever their shape."""
    iterations: int = Field(1000, ge=1, le=10_000_000)
    """Updates."""
    batch_size: int = Field(64, ge=2, le=65_536)
    """Images per update."""
    learning_rate: float = Field(0.01, gt=0, le=10)
    """Initial learning rate of SGD."""
    momentum: float = Field(0.9, ge=0, lt=1)
    """Momentum of SGD."""
    step: int = Field(300, ge=1)
    """Every this many updates, the rate is multiplied by `decay`."""
    decay: float = Field(0.1, gt=0, le=1)
    """What the rate is multiplied by."""
    scratch: bool = False
    """Also train the same network from scratch, and report its accuracy in the details: the
    difference shows what the weights are worth."""


class Knn(SuiteSettings):
    """Weighted nearest neighbours: how well the arm's training images classify the test images in
    given features, without training on labels. The training images are the bank, the test images
    are the queries."""

    implementation: ClassVar[str] = "synthset.experiment.suites.knn:KnnSuite"
    version: ClassVar[str] = "1"

    kind: Literal["knn"]
    encoder: Encoder | None
    """A frozen encoder, or `trained` for the features that enter the last layer of each arm's own
    classifier."""
    per_class: int | None = Field(100, ge=1)
    """Images of each class in the bank, drawn by their bytes, so that arms with the same images use
    the same ones. A class with fewer images uses them all, and a class without images is never
    answered; the result reports both. None means as many of each class as the smallest class with
    images has."""
    k: tuple[Annotated[int, Field(ge=1, le=100_000)], ...] = Field((20, 10, 100, 200), min_length=1)
    """How many neighbours vote. The first number gives the reported figure, even if another is
    better; the others are details."""
    temperature: float = Field(0.07, gt=0, le=10)
    """A neighbour at cosine s has the weight exp(s / temperature)."""
    max_test_per_class: int | None = Field(None, ge=1)
    """At most this many test images of each class, drawn by their bytes."""

    @field_validator("encoder", mode="before")
    @classmethod
    def _encoder_in_short(cls, value: Any) -> Any:
        return None if value == TRAINED else value

    @field_serializer("encoder")
    def _encoder_as_written(self, value: Encoder | None) -> Any:
        return TRAINED if value is None else value.model_dump(mode="json")

    @property
    def code(self) -> str | None:
        """What of the user's own its encoder runs."""
        return None if self.encoder is None else self.encoder.code

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        _refuse_twice("k", self.k)
        return self


class DataStatistics(SuiteSettings):
    """How balanced a training set is, how that affected the classes, and what its images look
    like."""

    implementation: ClassVar[str] = "synthset.experiment.suites.statistics:StatisticsSuite"
    version: ClassVar[str] = "1"

    kind: Literal["statistics"]
    clip: ClipEncoder | None = None
    """CLIP model for CLIP score, CLIP-IQA and CMMD; none leaves these out."""
    classifier: Annotated[
        InceptionEncoder | ClassifierEncoder | None, Field(discriminator="kind")
    ] = None
    """Classifier for the Inception Score; none leaves it out."""
    images: int = Field(1000, ge=10, le=1_000_000)
    """At most this many training images are encoded, drawn by their bytes."""
    prompt: str = Field("a photo of a {class}", pattern=r"\{class\}")
    """Text that an image is compared with for the CLIP score."""
    quality: tuple[str, str] = ("Good photo.", "Bad photo.")
    """Two opposite texts for CLIP-IQA, which is the share of the first in a softmax over both."""


Suite = Annotated[SuiteSettings, OneOf("suites")]


def _refuse_twice(where: str, values: tuple[Any, ...]) -> None:
    """Raises ValueError where a value stands twice."""
    twice = next((value for i, value in enumerate(values) if value in values[:i]), None)
    if twice is not None:
        raise ValueError(f"{where}: {twice!r} appears twice")
