"""A source in one file: its settings, what it plans, and what draws."""

from typing import Literal

import numpy as np
from pydantic import Field

from synthset.images import encode
from synthset.recipe.sources import SourceSettings
from synthset.record import IMAGES
from synthset.source import Estimate, Source
from synthset.stage import Stage


class Stripes(SourceSettings):
    """Stripes whose colours the seed decides."""

    implementation = "example_kinds.stripes:StripesSource"
    version = "1"
    needs_prompts = False

    kind: Literal["stripes"]
    width_px: int = Field(4, ge=1)
    """Of a stripe."""


class StripesSource(Source[Stripes]):
    def stage(self, folder):
        return StripesStage(self.settings)

    def estimate(self, found):
        return Estimate(0.001, "drawing is quick", 500)


class StripesStage(Stage):
    reads = ("id", "seed")
    writes = IMAGES

    def __init__(self, settings):
        self.settings = settings

    def finish(self, rows, computed):
        from synthset.sources.outcome import Outcome, image_table

        made = [encode(self.draw(seed), "png") for seed in rows.column("seed")]
        return image_table(rows.column("id"), [Outcome(data, ".png", 16, 16) for data in made])

    def draw(self, seed):
        colours = np.random.default_rng(seed).integers(0, 256, (2, 3), dtype=np.uint8)
        row = colours[np.arange(16) // self.settings.width_px % 2]  # (16, 3)
        return np.broadcast_to(row, (16, 16, 3))
