"""What a kind of prompts answers for itself: what decides them, which texts classes have of their
own, and what writes them.

The settings of a kind name its class (see `synthset.kinds`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from synthset.prompts.definitions import fit_glosses
from synthset.prompts.texts import Texts, read_lines
from synthset.prompts.writer import PromptWriter
from synthset.recipe.prompts import PromptSettings
from synthset.recipe.recipe import Recipe
from synthset.revisions import compute_revision
from synthset.taxonomy.classlists import ClassEntry

P = TypeVar("P", bound=PromptSettings)
Count = Callable[[str], int]


class PromptSource(ABC, Generic[P]):
    """The prompts of one recipe.

    Attributes:
        asks: whether texts are asked of somebody, which a run does, and a plan doesn't.
        settings: the recipe's `prompts`.
        recipe: the whole.
    """

    asks: ClassVar[bool] = False

    def __init__(self, settings: P, recipe: Recipe) -> None:
        self.settings = settings
        self.recipe = recipe

    @abstractmethod
    def writer(self, texts: Texts | None) -> PromptWriter:
        """Make what writes the prompts.

        Args:
            texts: each class's own texts, where this kind has some.

        Raises:
            RecipeError: a file or a list of templates cannot be read.
        """

    def identity(self) -> dict[str, Any]:
        """Give all that decides the prompts: the settings, and the content of a file.

        Raises:
            RecipeError: the file cannot be read.
        """
        identity = self.settings.full_identity()
        file = getattr(self.settings, "file", None)
        if file is None:
            return identity
        place = Path(file).expanduser()
        if not place.is_file():
            read_lines(file, "prompts.file")  # says what is wrong with it
        return {**identity, "file": compute_revision(place)}

    def mark(self) -> str:
        """Hash what the prompts are made of and may change from run to run; empty where nothing
        does."""
        return ""

    def has_texts(self) -> bool:
        """Tell whether each class has texts of its own, which the dataset records."""
        return False

    def read_texts(self, entries: Sequence[ClassEntry]) -> Texts:
        """Read the texts of some classes, by class key, as far as nobody is asked."""
        return {}

    def ask_texts(self, entries: Sequence[ClassEntry], done: Callable[[int], None]) -> Texts:
        """Ask for the texts of some classes; only where `asks`.

        Raises:
            ModelError: there is no answer.
        """
        return {}

    def question(self, lacking: int, classes: int) -> str:
        """Say what a run will ask, of so many of the classes; only where `asks`."""
        return ""

    def shorten_glosses(
        self, writer: PromptWriter, entries: Sequence[ClassEntry], count: Count, limit: int
    ) -> PromptWriter:
        """Shorten the glosses that make a prompt longer than the text encoder reads, where the
        settings ask for it.

        Args:
            writer: of these prompts.
            entries: the classes.
            count: counts the tokens of a prompt.
            limit: tokens that the text encoder reads.
        """
        if not getattr(self.settings, "shorten", False):
            return writer
        fitted = fit_glosses(entries, writer.templates, writer.variations, count, limit)
        pairs = zip(entries, fitted, strict=True)
        return replace(writer, shortened={one.key: fits for one, fits in pairs if fits != one})
