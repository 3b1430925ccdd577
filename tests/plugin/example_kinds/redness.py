"""A score in one file: its settings, and the stage that computes it."""

from typing import Literal

import pyarrow as pa
from pydantic import Field

from synthset.encoders.faults import find_image_faults
from synthset.recipe.scores import Quality, ScoreSettings
from synthset.stage import Stage


class Redness(ScoreSettings):
    """How much redder an image is than grey, 0 to 1. Higher is redder."""

    implementation = "example_kinds.redness:RednessStage"
    version = "1"

    kind: Literal["redness"]
    gain: float = Field(1.0, gt=0)
    """What the difference is multiplied by."""


class RednessStage(Stage):
    reads = ("image",)

    def __init__(self, settings):
        self.settings = settings

    @property
    def writes(self):
        return pa.schema([pa.field(self.settings.prefix, pa.float64())])

    def finish(self, rows, computed):
        values = [None if p is None else self.redness(p) for p in rows.pixels]
        column = pa.array(values, pa.float64())
        return pa.table({self.settings.prefix: column, "error": find_image_faults(rows)})

    def redness(self, pixels):
        red, green, blue = pixels.reshape(-1, 3).mean(axis=0) / 255
        return min(self.settings.gain * max(red - (green + blue) / 2, 0.0), 1.0)


class SecondQuality(Quality):
    """Takes a name that synthset has."""
