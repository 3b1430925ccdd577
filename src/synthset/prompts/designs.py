"""Prompts that need nothing but the class: templates and lists of words."""

from __future__ import annotations

from synthset.prompts.prompt_source import PromptSource
from synthset.prompts.templates import get_templates
from synthset.prompts.texts import Texts
from synthset.prompts.word_lists import fill_in_words
from synthset.prompts.writer import PromptWriter
from synthset.recipe.prompts import Background, ClassGloss, ClipTemplates, Gloss, Template

GLOSS = ("{gloss}",)
CLASS_GLOSS = ("{class}, {gloss}",)
BEFORE_BACKGROUND = ("a photo of {a_class} {background}",)
KIND_BEFORE_BACKGROUND = ("a photo of {a_class}, {hypernym}, {background}",)


class TemplatePrompts(PromptSource[Template]):
    """Templates, filled with the words of the class and of variations."""

    def writer(self, texts: Texts | None) -> PromptWriter:
        """Draw as the settings say."""
        asked = self.settings
        words = fill_in_words(asked.variations)
        return PromptWriter(get_templates(asked.templates), words, asked.draw, self.recipe.seed)


class GlossPrompts(PromptSource[Gloss]):
    """The definition of the class."""

    def writer(self, texts: Texts | None) -> PromptWriter:
        """Take the definition alone."""
        return PromptWriter(GLOSS, seed=self.recipe.seed)


class ClassGlossPrompts(PromptSource[ClassGloss]):
    """The class and its definition."""

    def writer(self, texts: Texts | None) -> PromptWriter:
        """Take the name before the definition."""
        return PromptWriter(CLASS_GLOSS, seed=self.recipe.seed)


class BackgroundPrompts(PromptSource[Background]):
    """The class before a varied background."""

    def writer(self, texts: Texts | None) -> PromptWriter:
        """Use each background as often as any other."""
        templates = KIND_BEFORE_BACKGROUND if self.settings.hypernym else BEFORE_BACKGROUND
        words = fill_in_words({"background": self.settings.backgrounds})
        return PromptWriter(templates, words, seed=self.recipe.seed)


class ClipPrompts(PromptSource[ClipTemplates]):
    """CLIP's eighty templates."""

    def writer(self, texts: Texts | None) -> PromptWriter:
        """Use each template as often as any other."""
        return PromptWriter(get_templates("clip"), seed=self.recipe.seed)
