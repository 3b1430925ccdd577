"""Writes the prompts of one recipe: its templates, its words, and how both are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from synthset.errors import Problem
from synthset.prompts.balanced import render_balanced
from synthset.prompts.templates import SAYS_THE_CLASS, SHOWN, Variations, find_problems, render
from synthset.recipe.prompts import Draw
from synthset.taxonomy.classlists import ClassEntry

WHERE = "prompts"  # the place in the recipe
TEXT = "text"  # field of a template that stands for a class's own texts


@dataclass(frozen=True)
class PromptWriter:
    """All that decides a prompt but the record itself.

    Attributes:
        templates: at least one.
        variations: words by field.
        draw: how templates and words are drawn.
        seed: the recipe's seed, for the balanced draw.
        texts: each class's own texts by its key, for {text}; None where the recipe has none.
        shortened: classes whose gloss was shortened, by key.
    """

    templates: tuple[str, ...]
    variations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    draw: Draw = "balanced"
    seed: int = 0
    texts: Mapping[str, tuple[str, ...]] | None = None
    shortened: Mapping[str, ClassEntry] = field(default_factory=dict)

    def prompt(self, entry: ClassEntry, index: int, seed: int) -> str:
        """Write the prompt of one record.

        Args:
            entry: the class.
            index: number of the image in its class, from 0.
            seed: the record's own seed, for the independent draw.
        """
        words = self.variations
        if self.texts is not None:
            words = {**words, TEXT: self.texts[entry.key]}
        entry = self.shortened.get(entry.key, entry)
        if self.draw == "balanced":
            return render_balanced(self.templates, words, entry, self.seed, index)
        return render(self.templates, words, entry, seed)

    def problems(self, entries: Sequence[ClassEntry]) -> list[Problem]:
        """List what stands in the way of a prompt for each class."""
        words: Variations = self.variations
        says: Sequence[str] = SAYS_THE_CLASS
        if self.texts is not None:
            words, says = {**words, TEXT: ("",)}, (*says, TEXT)
        return find_problems(self.templates, words, entries, WHERE, says) + self._find_textless(
            entries
        )

    def _find_textless(self, entries: Sequence[ClassEntry]) -> list[Problem]:
        if self.texts is None:
            return []
        without = [entry.name for entry in entries if not self.texts.get(entry.key)]
        if not without:
            return []
        more = f" and {len(without) - SHOWN} more" if len(without) > SHOWN else ""
        found = f"there is no text for {', '.join(map(repr, without[:SHOWN]))}{more}"
        right = "add one for each class, under its name, key or wnid"
        return [Problem(WHERE, found, right)]
