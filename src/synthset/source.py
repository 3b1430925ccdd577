"""What a source answers for itself: its classes and images, the rows of the plan, the time that it
takes, and the stage that makes the images.

The settings of a source name its class (see `synthset.kinds`). A class that imports torch names it
in `stage` alone, so that a plan loads none.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import pyarrow as pa

from synthset.errors import Problem
from synthset.formats.listed import Listed
from synthset.formats.manifest import Passed, describe_images
from synthset.recipe.recipe import Recipe
from synthset.recipe.sources import SourceSettings
from synthset.stage import Stage
from synthset.store.folder import Storage
from synthset.taxonomy.classlists import ClassEntry
from synthset.taxonomy.names import ClassNames

S = TypeVar("S", bound=SourceSettings)


@dataclass(frozen=True, slots=True)
class Settled:
    """The classes in label order, and what a user should know of how they were picked."""

    classes: tuple[ClassEntry, ...]
    notes: tuple[str, ...] = ()


#: Settles the classes of the recipe; for `classes: {kind: source}` they are those that it is given.
Settle = Callable[[Sequence[ClassNames]], Settled]


@dataclass(frozen=True)
class Material:
    """What a plan is made of: the classes in label order, and the images that a source starts from.

    Attributes:
        classes: entries in label order.
        found: images that are imported, or that others are made of, with their labels, in their
            order; empty for a generator.
        left_out: images by class names that the recipe doesn't list.
        notes: what the user should know of how the classes were picked.
        content: hash of all images of the source and their class names.
        learned: images that a model learns from, of listed classes and of others.
        val: images that choose its checkpoint; empty where none are named.
        candidates: images of a pool, all of which could have been picked; None for other sources.
        listed: all images that a folder holds of the classes, of which `found` are at most
            `images_per_class`; None for other sources.
        captions: hash of a reference's captions that prompts are written around; empty without.
        there: all images that are listed, of whatever class, for the manifest.
        passed: what lies beside them.
    """

    classes: tuple[ClassEntry, ...]
    found: tuple[tuple[Listed, int], ...] = ()
    left_out: Mapping[str, int] | None = None
    notes: tuple[str, ...] = ()
    content: str = ""
    learned: tuple[Listed, ...] = ()
    val: tuple[Listed, ...] = ()
    candidates: int | None = None
    listed: tuple[tuple[Listed, int], ...] | None = None
    captions: str = ""
    there: tuple[Listed, ...] = ()
    passed: Passed = field(default_factory=Passed)

    @property
    def said(self) -> tuple[str, ...]:
        """What was decided of the source's paths, in words; nothing for a generator or a pool."""
        return describe_images(self.there, self.passed) if self.passed.layouts else ()

    @property
    def whole(self) -> tuple[tuple[Listed, int], ...]:
        """All images of the classes, with their labels."""
        return self.found if self.listed is None else self.listed

    @property
    def image_bytes(self) -> int:
        """Mean size of the images that were found; 0 where there are none."""
        return sum(image.num_bytes for image, _ in self.found) // max(len(self.found), 1)


@dataclass(frozen=True, slots=True)
class Start:
    """What a record is made from besides its class, prompt and seed.

    Attributes:
        columns: what the plan says of it; a `prompt` takes the place of a written one.
        pixels: what of it decides the pixels, for the record's id.
    """

    columns: Mapping[str, Any] = field(default_factory=dict)
    pixels: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the images of a source take, before any was made.

    Attributes:
        seconds: an image, all workers of this machine together; None where nobody has measured it.
        basis: what that rests on.
        image_bytes: of an encoded image.
        gpu_seconds: an image on one A100; None where no GPU is needed, or nobody knows.
        gpu_basis: what that rests on.
        preparing_s: seconds before the first image, once.
        notes: what the user should know.
    """

    seconds: float | None
    basis: str
    image_bytes: int
    gpu_seconds: float | None = None
    gpu_basis: str = "no GPU is needed"
    preparing_s: float = 0.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is done once, before the first image.

    Attributes:
        title: of its bar, and its role in the log.
        total: of its bar.
        run: does it; told of how much is done, and what the user should know, it gives how much it
            did.
    """

    title: str
    total: int
    run: Callable[[Callable[[int], None], Callable[[str], None]], int]


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """How long prompts are for a source's text encoder.

    Attributes:
        count: gives each prompt's tokens, start and end marks included.
        limit: what goes past so many tokens is cut off.
        certain: whether its model lies on this disk for certain, so that a download changes
            nothing.
    """

    count: Callable[[list[str]], list[int]]
    limit: int
    certain: bool


class Source(ABC, Generic[S]):
    """One source of a recipe. What is here suits a source whose images depend on class, prompt and
    seed alone; others say more.

    Attributes:
        columns: of its plans, besides those of all.
        settings: its part of the recipe.
        recipe: the whole.
    """

    columns: ClassVar[Sequence[pa.Field]] = ()

    def __init__(self, settings: S, recipe: Recipe) -> None:
        self.settings, self.recipe = settings, recipe

    @abstractmethod
    def stage(self, folder: Storage) -> Stage:
        """Make the stage that gives each row of the plan its image, with nothing loaded yet.

        Args:
            folder: of the dataset, where something was prepared there.
        """

    def problems(self) -> list[Problem]:
        """Find what would fail, before any image is looked at."""
        return []

    def identity(self) -> dict[str, Any]:
        """Give all that decides the pixels for a given class, prompt and seed: settings, code
        version, revision of the weights."""
        return self.settings.full_identity()

    def class_names(self) -> list[ClassNames]:
        """Say what the classes of its images are called, in label order."""
        return []

    def material(self, settle: Settle) -> Material:
        """Settle the classes, and look at the images that it starts from.

        Raises:
            RecipeError: unknown or colliding classes, nothing found.
        """
        settled = settle(())
        return Material(settled.classes, notes=settled.notes)

    def plan_identity(self, found: Material) -> list[Any]:
        """Give what decides which rows a plan has, besides `identity`, seed and prompts."""
        return []

    def starts(self, found: Material) -> Callable[[int, int], Start]:
        """Say what the image of a label and a number of its class is made from."""
        return lambda label, index: Start()

    def estimate(self, found: Material) -> Estimate:
        """Estimate what its images take."""
        return Estimate(None, "the speed of this source has not been measured", 0)

    def check_classes(self, classes: Sequence[ClassEntry], prompts: Sequence[str]) -> list[Problem]:
        """Find classes that it can't make; `prompts` are the first ones."""
        return []

    def notes_on(self, prompts: Sequence[str]) -> list[str]:
        """Say what a user should know of the first prompts."""
        return []

    def token_counter(self) -> TokenCounter | None:
        """Count tokens of prompts; None where it can't be known, or doesn't matter."""
        return None

    def preparation(self, folder: Storage, found: Material) -> Preparation | None:
        """What is to be done before the first image; None where it is done, or nothing is.

        Args:
            folder: of the dataset.
            found: what `material` gave.
        """
        return None
