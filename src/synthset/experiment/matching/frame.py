"""Size and margins of real images, and how an image gets those of another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from synthset.images import Pixels
from synthset.metrics.images.matched_preprocessing import cut_shape
from synthset.metrics.images.source_cues import LUMA, count_margins

CHANCE = 2.0  # standard errors by which shares of images with margins may differ

Margins = tuple[int, int, int, int]  # top, bottom, left, right, in pixels
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """Where the picture lies in an image.

    Attributes:
        width, height: of the image in pixels.
        margins: constant ones; all 0 without any.
        shade: RGB of the margins.
    """

    width: int
    height: int
    margins: Margins = (0, 0, 0, 0)
    shade: tuple[int, int, int] = (0, 0, 0)


def read_frame(pixels: Pixels) -> Frame:
    """Measure size and margins."""
    height, width = pixels.shape[:2]
    margins = count_margins(pixels.astype(np.float32) @ LUMA)
    if not any(margins):
        return Frame(width, height)
    row, column = -1 if margins[1] else 0, -1 if margins[3] else 0
    red, green, blue = np.median(pixels[row] if any(margins[:2]) else pixels[:, column], axis=0)
    return Frame(width, height, margins, (int(red), int(green), int(blue)))


def lay_out(pixels: Pixels, own: Frame, wanted: Frame, kernel: Image.Resampling) -> Pixels:
    """Cut the margins of an image off, cut it around its middle to the wanted picture's shape,
    resize it, and lay it between the wanted margins. Unchanged where nothing differs."""
    if own == wanted:
        return pixels
    top, bottom, left, right = own.margins
    inside = pixels[top : own.height - bottom, left : own.width - right]
    above, below, before, after = wanted.margins
    wide, high = wanted.width - before - after, wanted.height - above - below
    inside = cut_shape(inside, wide / high)
    if inside.shape[:2] != (high, wide):
        inside = np.asarray(Image.fromarray(inside).resize((wide, high), kernel))
    if not any(wanted.margins):
        return inside
    whole = np.empty((wanted.height, wanted.width, 3), np.uint8)
    whole[:] = wanted.shade
    whole[above : above + high, before : before + wide] = inside
    return whole


@dataclass(frozen=True)
class MarginRule:
    """Which images lose or get margins, so that as many have some as among the real ones.

    Attributes:
        lose: share of the images with margins that lose them.
        get: share of those without that get some.
        real: frames of real images that have margins.
    """

    lose: float
    get: float
    real: tuple[Frame, ...]

    @classmethod
    def between(
        cls,
        made: Sequence[Frame],
        made_weights: Numbers,
        real: Sequence[Frame],
        weights: Numbers,
    ) -> MarginRule:
        """Learn it from sampled frames and their weights; a difference that chance explains
        changes nothing."""
        ours, theirs = _share(made, made_weights), _share(real, weights)
        spread = sum(p * (1 - p) / n for p, n in ((ours, len(made)), (theirs, len(real))))
        some = tuple(one for one in real if any(one.margins))
        if abs(ours - theirs) <= CHANCE * spread**0.5:
            return cls(0.0, 0.0, some)
        if ours > theirs:
            return cls(1 - theirs / ours, 0.0, some)
        return cls(0.0, (theirs - ours) / (1 - ours), some)

    def choose(self, own: Frame, size: tuple[int, int], draw: np.random.Generator) -> Frame:
        """Choose the frame in an image that is to have a size (width, height)."""
        chance, which = draw.random(), draw.random()
        if any(own.margins):
            margins = (0, 0, 0, 0) if chance < self.lose else own.margins
            return _scale(own, margins, size)
        if chance >= self.get:
            return Frame(*size)
        other = self.real[int(which * len(self.real))]
        return _scale(other, other.margins, size)


def _share(frames: Sequence[Frame], weights: Numbers) -> float:
    """Weighted share of images with margins."""
    return float(np.average([any(one.margins) for one in frames], weights=weights))


def _scale(frame: Frame, margins: Margins, size: tuple[int, int]) -> Frame:
    """A frame in another size, its margins in proportion."""
    if not any(margins):
        return Frame(*size)
    down, across = size[1] / frame.height, size[0] / frame.width
    scaled = [round(m * f) for m, f in zip(margins, (down, down, across, across), strict=True)]
    top, bottom, left, right = scaled
    if top + bottom >= size[1] or left + right >= size[0]:
        return Frame(*size)
    return Frame(*size, (top, bottom, left, right), frame.shade)
