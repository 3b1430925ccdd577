"""Text to image: an image depends on its own prompt and seed only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from synthset.sources.diffusion.embeddings import Request
from synthset.sources.diffusion.generation import DiffusionStage
from synthset.stage import Rows

NO_PROMPT = "no prompt"


class Txt2ImgStage(DiffusionStage):
    """Makes each record's image from its prompt."""

    reads: ClassVar[Sequence[str]] = ("id", "prompt", "negative_prompt", "seed")

    def prepare(self, rows: Rows) -> list[Request | str]:
        """Read the requests; words where a record has no prompt."""
        columns = (rows.column(name) for name in ("prompt", "negative_prompt", "seed"))
        return [
            NO_PROMPT if prompt is None else Request(prompt, negative or None, seed)
            for prompt, negative, seed in zip(*columns, strict=True)
        ]

    def call_options(self, batch: Sequence[Request]) -> dict[str, Any]:
        """Name the size, where the recipe does."""
        size = self.settings.size_px
        return {} if size is None else {"height": size, "width": size}
