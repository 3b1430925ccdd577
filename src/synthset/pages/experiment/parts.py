"""Pictures that a page can show beside its figures: steps of the preprocessing, single cases."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Steps:
    """What one image of a set goes through.

    Attributes:
        set: its name; `real` for the real images.
        steps: name of each step and the image after it, PNG; the same steps for every set.
    """

    set: str
    steps: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A training image near a test image.

    Attributes:
        image: PNG.
        origin: `real`, or the name of its set.
        label: its class, by name.
        distance: in the classifier's features; lower is nearer.
    """

    image: bytes
    origin: str
    label: str
    distance: float


@dataclass(frozen=True, eq=False)
class ExplainedImage:
    """A test image, what an arm's classifier said of it, and why.

    Attributes:
        arm: name of the arm.
        image: PNG.
        label: its class, by name.
        predicted: class that it was taken for.
        probabilities: class -> probability, the highest first; a few are enough.
        overlay: Grad-CAM over the image, PNG; None without one.
        nearest: training images, the nearest first.
        seed: of the training.
    """

    arm: str
    image: bytes
    label: str
    predicted: str
    probabilities: tuple[tuple[str, float], ...]
    overlay: bytes | None = None
    nearest: tuple[Neighbour, ...] = ()
    seed: int = 0

    @property
    def right(self) -> bool:
        """Whether the class was recognised."""
        return self.label == self.predicted
