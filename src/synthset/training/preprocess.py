"""Makes images of all sources alike, so that no class is told by the format of its files."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from synthset.images import Pixels, decode, encode
from synthset.recipe.training import Preprocessing
from synthset.seeds import digest

KERNELS = {
    "lanczos": Image.Resampling.LANCZOS,
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "box": Image.Resampling.BOX,
}
AHEAD = 2  # times the size that is enough to begin with, where something is random
LONG = 4  # a side over the other, from which margins are most of the square
MARGIN_PIXELS = 1 << 24  # of a square with margins, at most, around a long image
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Draw:
    """What decides the random part for one image.

    Attributes:
        seed: another one for each image, and for training at each epoch.
        training: random margins and colours are for training; noise is for all.
    """

    seed: int
    training: bool

    @classmethod
    def testing(cls, key: str) -> Draw:
        """The same for an image each time it is judged."""
        return cls(int(digest([key], size=8), 16), training=False)

    @classmethod
    def train(cls, key: str, seed: int, epoch: int) -> Draw:
        """Another one in each epoch."""
        return cls(int(digest([key, seed, epoch], size=8), 16), training=True)


def is_random(settings: Preprocessing, training: bool) -> bool:
    """Tell whether an image looks another each time."""
    margins = settings.fit == "letterbox" and (
        settings.random_margins > 0 or settings.margin_colour == "random"
    )
    return training and (margins or settings.noise > 0)


def preprocess(image: Pixels, settings: Preprocessing, draw: Draw) -> Pixels:
    """Make an image as the model sees it: (size_px, size_px, 3) uint8 RGB."""
    return apply_steps(image, settings, draw)[-1][1]


def apply_steps(image: Pixels, settings: Preprocessing, draw: Draw) -> list[tuple[str, Pixels]]:
    """Carry out the settings one by one.

    Args:
        image: (H, W, 3) uint8 RGB.
        settings: what to do.
        draw: decides what is random.

    Returns:
        The name of each applied step, and the image after it, uint8 RGB; the last one is
        (size_px, size_px, 3).
    """
    rng = np.random.default_rng(draw.seed)
    given, image = image, shrink_ahead(image, settings)
    taken = [] if image is given else [("shrink", image)]
    taken.append(("square", _cut_square(image, settings, draw, rng)))

    def then(name: str, after: Pixels) -> None:
        taken.append((name, after))

    if settings.fit == "letterbox" and settings.random_margins and draw.training:
        drawn = _random_margins(image, taken[-1][1], settings, rng)
        if drawn is not None:
            then("random margins", drawn)
    then("resize", _resize(taken[-1][1], settings))
    if settings.jpeg_quality is not None:
        then("JPEG", decode(encode(taken[-1][1], "jpeg", settings.jpeg_quality)))
    if settings.grayscale:
        then("grayscale", np.asarray(Image.fromarray(taken[-1][1]).convert("L").convert("RGB")))
    if settings.noise:
        then("noise", _add_noise(taken[-1][1], settings, rng))
    return taken


def shrink_ahead(image: Pixels, settings: Preprocessing) -> Pixels:
    """Shrink a large image to twice the size, where training changes each anew: so it is decoded
    once and kept, and every image, test or training, goes the same way.

    Args:
        image: (H, W, 3) uint8 RGB.
        settings: where nothing in them is random, images stay as they are.

    Returns:
        The image itself, or one whose shorter side is twice `size_px`.
    """
    height, width = image.shape[:2]
    scale = AHEAD * settings.size_px / min(height, width)
    if scale >= 1 or not is_random(settings, training=True):
        return image
    size = (round(width * scale), round(height * scale))
    return np.asarray(Image.fromarray(image).resize(size, KERNELS[settings.kernel]))


def _cut_square(
    image: Pixels, settings: Preprocessing, draw: Draw, rng: np.random.Generator
) -> Pixels:
    height, width = image.shape[:2]
    if settings.fit == "squash" or height == width:
        return image  # the resize does it
    if settings.fit == "crop":
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        return image[top : top + side, left : left + side]
    side = max(height, width)
    if side > LONG * min(height, width) and side**2 > MARGIN_PIXELS:
        return _cut_square(_shrink(image, settings), settings, draw, rng)
    out = np.empty((side, side, 3), np.uint8)
    out[:] = _colour(image, settings, draw, rng)
    top, left = (side - height) // 2, (side - width) // 2
    out[top : top + height, left : left + width] = image
    return out


def _shrink(image: Pixels, settings: Preprocessing) -> Pixels:
    """Shrink a long image, whose square would take gigabytes; what is left the resize does."""
    scale = math.isqrt(MARGIN_PIXELS) / max(image.shape[:2])
    height, width = (max(1, round(scale * length)) for length in image.shape[:2])
    return np.asarray(Image.fromarray(image).resize((width, height), KERNELS[settings.kernel]))


def _random_margins(
    image: Pixels, square: Pixels, settings: Preprocessing, rng: np.random.Generator
) -> Pixels | None:
    """Give a square image the margins that a wide or a tall one has; others have their own.

    The picture keeps its scale and loses what lies under the margins, as if it had been cropped to
    another shape before.
    """
    if image.shape[0] != image.shape[1]:
        return None
    side = len(square)
    each = round(side * rng.uniform(0, settings.random_margins) / 2)
    if each == 0:
        return None
    colour = _colour(image, settings, Draw(0, training=True), rng)
    out = square.copy()
    lines = out if rng.integers(2) else out.transpose(1, 0, 2)  # rows, or columns
    lines[:each], lines[side - each :] = colour, colour
    return out


def _colour(image: Pixels, settings: Preprocessing, draw: Draw, rng: np.random.Generator) -> Colour:
    kind = settings.margin_colour
    if kind == "random" and draw.training:
        red, green, blue = rng.integers(0, 256, 3).tolist()
    elif kind in ("black", "white"):
        red = green = blue = 0 if kind == "black" else 255
    else:
        red, green, blue = np.rint(image.mean(axis=(0, 1))).astype(int).tolist()
    return red, green, blue


def _resize(image: Pixels, settings: Preprocessing) -> Pixels:
    size = settings.size_px
    if image.shape[:2] == (size, size):
        return image
    resized = Image.fromarray(image).resize((size, size), KERNELS[settings.kernel])
    return np.asarray(resized)  # (size, size, 3) uint8


def _add_noise(image: Pixels, settings: Preprocessing, rng: np.random.Generator) -> Pixels:
    """Add noise; of a grey image the same to all three channels."""
    channels = 1 if settings.grayscale else 3
    noise = rng.normal(0, settings.noise, (*image.shape[:2], channels))
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)
