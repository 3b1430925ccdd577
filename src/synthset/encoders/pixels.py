"""A fake encoder for tests and first steps: the picture itself, shrunk to a few pixels."""

from __future__ import annotations

from torch import Tensor

from synthset.encoders.encoder import Encoder
from synthset.encoders.resize import Resize
from synthset.recipe.encoders import PixelsEncoder


class Pixels(Encoder):
    """Mean colour of each cell of a grid, in [0, 1]; it knows nothing about content."""

    def __init__(self, settings: PixelsEncoder) -> None:
        self.settings: PixelsEncoder = settings
        self.resize = Resize(settings.size_px, "area")

    @property
    def width(self) -> int:
        return 3 * self.settings.size_px**2

    def forward(self, batch: Tensor) -> tuple[Tensor, Tensor | None]:
        return (batch / 255).flatten(1), None  # (N, 3 * size_px ** 2), red before green before blue
