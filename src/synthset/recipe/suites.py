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
    """A few words for tables and figures; none takes the suite's name."""

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
    """Where they lie. Images of classes that the experiment lacks are left out, and counted."""
    group: Literal["natural", "synthetic"] = "natural"
    """Whether the images were taken or computed."""
    names: dict[str, str] = Field(default_factory=dict)
    """Class there -> class of the experiment, where they are called differently."""
    classes: tuple[str, ...] | None = Field(None, min_length=1)
    """Only these classes of the experiment; none takes all that occur."""
    mask: bool = True
    """Only classes that occur here compete, as published for A, R and ObjectNet; false lets all of
    the experiment's classes compete."""
    max_per_class: int | None = Field(None, ge=1)
    """At most so many images of each class, drawn by their bytes."""


class Corruptions(SuiteSettings):
    """ImageNet-C's corruptions, computed on the experiment's test images by imagecorruptions."""

    implementation: ClassVar[str] = "synthset.experiment.suites.corruptions:CorruptionsSuite"
    version: ClassVar[str] = "1"

    kind: Literal["corruptions"]
    names: tuple[Corruption, ...] = Field(FIFTEEN, min_length=1)
    """Which; without any the fifteen of ImageNet-C."""
    severities: tuple[Severity, ...] = Field((1, 2, 3, 4, 5), min_length=1)
    """How strong, 1 to 5."""
    max_per_class: int | None = Field(None, ge=1)
    """At most so many test images of each class, drawn by their bytes; the same for every
    corruption."""
    at_px: int | None = Field(None, ge=32, le=1024)
    """Side of the square image that is corrupted; it is then brought to the model's size. None
    takes the model's size, or 64 where that is less: so small images lose as much to blur, JPEG and
    the like as those of 224 px do, for which the strengths were set, and half as much to noise."""

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        _refuse_twice("names", self.names)
        _refuse_twice("severities", self.severities)
        return self


class Transfer(SuiteSettings):
    """Another task for the trained network: a new last layer, and all layers trained on."""

    implementation: ClassVar[str] = "synthset.experiment.suites.transfer:TransferSuite"
    version: ClassVar[str] = "1"

    kind: Literal["transfer"]
    train: Found
    """Images of the other task."""
    test: Found | None = None
    """Its test images, of the same classes; none splits them off `train`."""
    test_fraction: float = Field(0.2, gt=0, lt=1)
    """Share of each class that is split off where `test` is not given."""
    max_train_per_class: int | None = Field(None, ge=1)
    """At most so many training images of each class."""
    max_test_per_class: int | None = Field(None, ge=1)
    """At most so many test images of each class."""
    size_px: int = Field(64, ge=8, le=1024)
    """Side to which images are resized whatever their shape."""
    iterations: int = Field(1000, ge=1, le=10_000_000)
    """Updates."""
    batch_size: int = Field(64, ge=2, le=65_536)
    """Images an update."""
    learning_rate: float = Field(0.01, gt=0, le=10)
    """Of SGD, at first."""
    momentum: float = Field(0.9, ge=0, lt=1)
    """Of SGD."""
    step: int = Field(300, ge=1)
    """Updates after which the rate is multiplied by `decay`, again and again."""
    decay: float = Field(0.1, gt=0, le=1)
    """What the rate is multiplied by."""
    scratch: bool = False
    """Train the same network from nothing too, and put its accuracy into the details: what the
    weights are worth is the difference."""


class Knn(SuiteSettings):
    """Weighted nearest neighbours: what a class's images teach without a label at the training of
    the features. The arm's training images are the bank, the test images ask."""

    implementation: ClassVar[str] = "synthset.experiment.suites.knn:KnnSuite"
    version: ClassVar[str] = "1"

    kind: Literal["knn"]
    encoder: Encoder | None
    """Frozen encoder, or `trained` for what enters the last layer of each arm's own classifier."""
    per_class: int | None = Field(100, ge=1)
    """Images of each class in the bank, drawn by their bytes, so that arms with the same images
    have the same ones. A class with fewer has fewer, one without any can't be answered; both are
    said. None takes as many of each as the smallest class has that has any."""
    k: tuple[Annotated[int, Field(ge=1, le=100_000)], ...] = Field((20, 10, 100, 200), min_length=1)
    """Neighbours that vote. The first is the figure, whatever comes out; the others are details."""
    temperature: float = Field(0.07, gt=0, le=10)
    """A neighbour at cosine s weighs exp(s / temperature)."""
    max_test_per_class: int | None = Field(None, ge=1)
    """At most so many test images of each class, drawn by their bytes."""

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
    """How even a training set is, what that did to the classes, and what its images look like."""

    implementation: ClassVar[str] = "synthset.experiment.suites.statistics:StatisticsSuite"
    version: ClassVar[str] = "1"

    kind: Literal["statistics"]
    clip: ClipEncoder | None = None
    """For CLIP score, CLIP-IQA and CMMD; none leaves them out."""
    classifier: Annotated[
        InceptionEncoder | ClassifierEncoder | None, Field(discriminator="kind")
    ] = None
    """For the Inception Score; none leaves it out."""
    images: int = Field(1000, ge=10, le=1_000_000)
    """Training images that the encoders look at, at most; drawn by their bytes."""
    prompt: str = Field("a photo of a {class}", pattern=r"\{class\}")
    """What an image is compared with for the CLIP score."""
    quality: tuple[str, str] = ("Good photo.", "Bad photo.")
    """Opposite texts of CLIP-IQA: the share of the first in a softmax over both."""


Suite = Annotated[SuiteSettings, OneOf("suites")]


def _refuse_twice(where: str, values: tuple[Any, ...]) -> None:
    """Raises ValueError where a value stands twice."""
    twice = next((value for i, value in enumerate(values) if value in values[:i]), None)
    if twice is not None:
        raise ValueError(f"{where}: {twice!r} stands there twice")
