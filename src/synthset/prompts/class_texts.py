"""Prompts around texts that come from outside the recipe: captions, a file, a language model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from synthset.formats.scan import scan
from synthset.prompts.kept_answers import KeptAnswers
from synthset.prompts.prompt_source import PromptSource
from synthset.prompts.questions import Answering, ask
from synthset.prompts.service import Service
from synthset.prompts.texts import (
    TABLES,
    Texts,
    group_by_class,
    has_column,
    read_columns,
    read_lines,
)
from synthset.prompts.word_lists import fill_in_words
from synthset.prompts.writer import PromptWriter
from synthset.recipe.prompts import Captions, LanguageModel, OwnTexts, PromptFile
from synthset.recipe.sources import Folder
from synthset.seeds import digest
from synthset.taxonomy.classlists import ClassEntry

T = TypeVar("T", bound=OwnTexts)


class TextPrompts(PromptSource[T]):
    """What kinds share that put texts of each class into templates."""

    def writer(self, texts: Texts | None) -> PromptWriter:
        """Put the texts into the templates; lines that all classes share stand there already."""
        templates, words = self.settings.templates, fill_in_words(self.settings.variations)
        shared = self.shared_lines()
        if shared is None:
            return PromptWriter(templates, words, seed=self.recipe.seed, texts=texts or {})
        filled = tuple(one.replace("{text}", line) for one in templates for line in shared)
        return PromptWriter(filled, words, seed=self.recipe.seed)

    def has_texts(self) -> bool:
        """All but a file that tells no classes apart."""
        return self.shared_lines() is None

    def shared_lines(self) -> tuple[str, ...] | None:
        """Read lines that are for all classes; None where each class has texts of its own."""
        return None

    def read_file(self, file: str, entries: Sequence[ClassEntry]) -> Texts:
        """Read a table with a class and a text a row."""
        columns = [self.settings.class_column, getattr(self.settings, "text_column", "")]
        pairs = read_columns(file, columns, "prompts.file")
        return group_by_class(((name, text) for name, text in pairs), entries)


class CaptionPrompts(TextPrompts[Captions]):
    """What was said of real images of the class."""

    def read_texts(self, entries: Sequence[ClassEntry]) -> Texts:
        """Read a table, or the captions of a reference."""
        if self.settings.file is not None:
            return self.read_file(self.settings.file, entries)
        return group_by_class(self._captions(), entries)

    def mark(self) -> str:
        """Hash the captions as a reference holds them now."""
        return "" if self.settings.reference is None else digest(list(self._captions()))

    def _captions(self) -> Iterator[tuple[str, str]]:
        """Class name and caption of each image of a reference that has one."""
        reference = self.recipe.references[self.settings.reference or ""]
        assert reference.kind == "images"
        for image in scan(Folder(kind="folder", paths=reference.paths)):
            if image.caption:
                yield image.name, image.caption


class FilePrompts(TextPrompts[PromptFile]):
    """Prompts from a file, for all classes or for each of them."""

    def read_texts(self, entries: Sequence[ClassEntry]) -> Texts:
        """Read the table."""
        return self.read_file(self.settings.file, entries)

    def shared_lines(self) -> tuple[str, ...] | None:
        """Read a text file, or a table without a class."""
        asked = self.settings
        if Path(asked.file).suffix.lower() not in TABLES:
            return read_lines(asked.file, "prompts.file")
        if has_column(asked.file, asked.class_column, "prompts.file"):
            return None
        rows = read_columns(asked.file, [asked.text_column], "prompts.file")
        return tuple(text for (text,) in rows)


class AskedPrompts(TextPrompts[LanguageModel]):
    """Prompts that a language model writes, asked once."""

    asks = True

    def ask_texts(self, entries: Sequence[ClassEntry], done: Callable[[int], None]) -> Texts:
        """Ask the model; answers that are kept are not asked again."""
        return ask(self.settings, entries, self._model(), KeptAnswers(), done)

    def question(self, lacking: int, classes: int) -> str:
        """Say which model is asked, and for what."""
        asked = self.settings
        where = f" at {asked.address}" if asked.address else ", loaded on this machine,"
        return (
            f"a run first asks {asked.model}{where} for {asked.per_class} prompts for each of "
            f"{lacking:,} of {classes:,} classes; it keeps the answers and doesn't ask for them "
            "again"
        )

    def _model(self) -> Answering:
        """Reach the language model; nothing is loaded or asked yet."""
        if self.settings.address is not None:
            return Service(self.settings)
        from synthset.prompts.local_model import LocalModel  # torch: for those who ask for it

        return LocalModel(self.settings)
