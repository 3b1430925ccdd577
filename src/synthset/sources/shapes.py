"""A fake generator for tests: coloured shapes. Class decides shape and hue, the seed the rest."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthset.images import Pixels
from synthset.recipe.sources import Shapes as Settings
from synthset.seeds import digest
from synthset.source import Estimate, Material, Source
from synthset.sources.encoded_size import HEADER_BYTES
from synthset.sources.outcome import ImageStage
from synthset.stage import Rows, Stage
from synthset.store.folder import Storage

Mask = NDArray[np.bool_]
Plane = NDArray[np.float64]


class ShapesStage(ImageStage):
    """Draws one shape a record."""

    settings: Settings
    reads: ClassVar[Sequence[str]] = ("id", "class_key", "seed", "index")

    def compute(self, rows: Rows, prepared: Rows) -> list[Pixels | str]:
        """Draw each record; words where it is its turn to fail."""
        columns = (rows.column(name) for name in ("class_key", "seed", "index"))
        return [self._draw(*values) for values in zip(*columns, strict=True)]

    def _draw(self, class_key: str, seed: int, index: int) -> Pixels | str:
        time.sleep(self.settings.delay_s)
        every = self.settings.fail_every
        if every and (index + 1) % every == 0:
            return f"made to fail (fail_every: {every})"
        return draw(class_key, seed, self.settings.size_px)


class ShapesSource(Source[Settings]):
    """Shapes by class and seed."""

    def stage(self, folder: Storage) -> Stage:
        """Draw the shapes."""
        return ShapesStage(self.settings)

    def estimate(self, found: Material) -> Estimate:
        """As long as it is told to take."""
        size_bytes = HEADER_BYTES + self.settings.size_px**2 // 2
        return Estimate(self.settings.delay_s, "the source's delay_s", size_bytes)


def draw(class_key: str, seed: int, size_px: int) -> Pixels:
    """Draw one shape.

    Args:
        class_key: decides the shape and, within an eighth of the colour circle, the hue.
        seed: decides place, size, shade and background.
        size_px: width and height.

    Returns:
        (size_px, size_px, 3) uint8 RGB with two colours.
    """
    identity = int(digest(class_key, size=4), 16)
    random = np.random.default_rng(seed).random(8)
    radius = 0.18 + 0.2 * random[0]
    x, y = 0.35 + 0.3 * random[1], 0.35 + 0.3 * random[2]
    grid = (np.arange(size_px) + 0.5) / size_px  # (size_px,) pixel centres
    across, down = (grid[None, :] - x) / radius, (grid[:, None] - y) / radius
    outlines = list(OUTLINES.values())
    inside = outlines[identity % len(outlines)](
        *np.broadcast_arrays(across, down)
    )  # (size_px, size_px)
    hue = identity // len(outlines) % 997 / 997 + 0.125 * (random[3] - 0.5)
    colour = _shade(hue, 0.55 + 0.45 * random[4])
    background = (
        _shade(random[5], 0.15 + 0.15 * random[6])
        if random[7] < 0.5
        else 1 - _shade(random[5], 0.2)
    )
    picture = np.where(inside[..., None], colour, background)  # (size_px, size_px, 3) in [0, 1]
    return np.asarray((picture * 255).round(), dtype=np.uint8)


def _shade(hue: float, value: float) -> Plane:
    """A saturated colour, (3,) in [0, 1]; hue counts turns of the colour circle."""
    ramps = np.abs((hue * 6 + np.array([0.0, 4.0, 2.0])) % 6 - 3) - 1  # (3,)
    return np.asarray(value * ramps.clip(0, 1))


def _circle(x: Plane, y: Plane) -> Mask:
    return x**2 + y**2 < 1


def _square(x: Plane, y: Plane) -> Mask:
    return np.maximum(np.abs(x), np.abs(y)) < 0.85


def _triangle(x: Plane, y: Plane) -> Mask:
    return (y < 0.8) & (y > 2 * np.abs(x) - 1)


def _cross(x: Plane, y: Plane) -> Mask:
    return (np.minimum(np.abs(x), np.abs(y)) < 0.3) & (np.maximum(np.abs(x), np.abs(y)) < 1)


def _ring(x: Plane, y: Plane) -> Mask:
    return np.abs(np.hypot(x, y) - 0.75) < 0.25


OUTLINES = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "cross": _cross,
    "ring": _ring,
}
