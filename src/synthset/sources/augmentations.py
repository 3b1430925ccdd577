"""Random changes of a picture that leave its class what it is: moved, turned, recoloured, covered.

What is drawn and how it is applied are apart: `draw` turns a seed into a chain of changes, `apply`
carries them out, so that the same seed gives the same pixels wherever it runs. All that moves
pixels is one affine map, so that a picture is interpolated once only.

Papers: TrivialAugment, Müller & Hutter 2021, arXiv 2103.10158; RandAugment, Cubuk et al. 2019,
arXiv 1909.13719; Cutout, DeVries & Taylor 2017, arXiv 1708.04552.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps
from scipy.ndimage import affine_transform

from synthset.images import Pixels
from synthset.recipe.sources import Augment

Matrix = NDArray[np.float64]
Steps = tuple[tuple[str, float], ...]

EDGES = {"reflect": "mirror", "edge": "nearest", "black": "nearest"}  # scipy's names
MAGNITUDES = 30  # steps of strength of TrivialAugment and RandAugment, from 0 to 30
#: Strongest value of each operation in the wide space of TrivialAugment (its table 7); operations
#: that are signed take either sign. Shifts are shares of the side (the paper: 32 pixels).
WIDE = {
    "identity": 0.0,
    "shear_x": 0.99,
    "shear_y": 0.99,
    "translate_x": 1.0,
    "translate_y": 1.0,
    "rotate": 135.0,
    "brightness": 0.99,
    "saturation": 0.99,
    "contrast": 0.99,
    "sharpness": 0.99,
    "posterize": 6.0,
    "solarize": 256.0,
    "autocontrast": 0.0,
    "equalize": 0.0,
}
#: The same for RandAugment: milder.
STANDARD = WIDE | {
    "shear_x": 0.3,
    "shear_y": 0.3,
    "translate_x": 0.45,
    "translate_y": 0.45,
    "rotate": 30.0,
    "brightness": 0.9,
    "saturation": 0.9,
    "contrast": 0.9,
    "sharpness": 0.9,
    "posterize": 4.0,
}
UNSIGNED = {"posterize", "solarize", "identity", "autocontrast", "equalize"}


@dataclass(frozen=True)
class Chain:
    """What is done to one picture, in this order: moved, recoloured, noise, covered.

    Attributes:
        moved: (3, 3) map from places of the result to places of the picture, both (y, x, 1) from
            the centre in units of the shorter side.
        colours: operations on grey levels with their strengths.
        noise: standard deviation in grey levels.
        noise_seed: of the noise.
        cutout: top, left, height and width of the covered rectangle in shares of the side; None
            for none.
    """

    moved: Matrix = field(default_factory=lambda: np.eye(3))
    colours: Steps = ()
    noise: float = 0.0
    noise_seed: int = 0
    cutout: tuple[float, float, float, float] | None = None


def draw(settings: Augment, seed: int) -> Chain:
    """Draw the changes of one record.

    Args:
        settings: which changes, and how strong at most.
        seed: the record's own; nothing else decides.
    """
    random = np.random.default_rng(seed)
    steps = {
        "basic": lambda: _basic(settings, random),
        "trivial": lambda: _trivial(random),
        "rand": lambda: _rand(settings, random),
    }[settings.policy]()
    moved = _make_mirror(bool(random.random() < settings.flip))
    moved = moved @ _make_translation(*random.uniform(-settings.translate, settings.translate, 2))
    for name, strength in steps:
        if name in GEOMETRY:
            moved = moved @ GEOMETRY[name](strength)
    cutout = None
    if settings.cutout:
        y, x = random.random(2)
        half = settings.cutout / 2
        cutout = (y - half, x - half, settings.cutout, settings.cutout)
    return Chain(
        moved,
        tuple(step for step in steps if step[0] not in GEOMETRY),
        settings.noise,
        int(random.integers(2**63)),
        cutout,
    )


def apply(pixels: Pixels, chain: Chain, fill: str = "reflect") -> Pixels:
    """Carry out a chain of changes.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        chain: what to do.
        fill: what stands where nothing was: `reflect`, `edge` or `black`.

    Returns:
        (H, W, 3) uint8 RGB, of the same size.
    """
    changed = _move_pixels(pixels, chain.moved, fill)
    image = Image.fromarray(changed)
    for name, strength in chain.colours:
        image = COLOURS[name](image, strength)
    changed = np.asarray(image)
    if chain.noise:
        noise = np.random.default_rng(chain.noise_seed).normal(0, chain.noise, changed.shape)
        changed = (changed + noise).round().clip(0, 255).astype(np.uint8)
    return changed if chain.cutout is None else _cover(changed, chain.cutout)


def _basic(settings: Augment, random: np.random.Generator) -> Steps:
    """Every setting by its own strength, in the order in which torchvision's tools apply them."""
    sides = random.uniform(-1, 1, 8)
    area = random.uniform(settings.crop, 1)
    steps = {
        "rotate": settings.degrees * sides[0],
        "zoom": (1 + settings.scale) ** sides[1] / np.sqrt(area),
        "shear_x": settings.shear * sides[2],
        "shear_y": settings.shear * sides[3],
        "brightness": settings.brightness * sides[4],
        "contrast": settings.contrast * sides[5],
        "saturation": settings.saturation * sides[6],
    }
    room = 1 - np.sqrt(area)  # a crop lies anywhere in the picture
    place = random.uniform(-room / 2, room / 2, 2)
    moves = (("translate_y", float(place[0])), ("translate_x", float(place[1])))
    return (*moves, *((name, float(value)) for name, value in steps.items()))


def _trivial(random: np.random.Generator) -> Steps:
    """One operation, at any strength."""
    return (_operation(WIDE, random, int(random.integers(MAGNITUDES + 1))),)


def _rand(settings: Augment, random: np.random.Generator) -> Steps:
    """Some operations, all at one strength."""
    return tuple(_operation(STANDARD, random, settings.magnitude) for _ in range(settings.num_ops))


def _operation(
    space: dict[str, float], random: np.random.Generator, magnitude: int
) -> tuple[str, float]:
    name = list(space)[int(random.integers(len(space)))]
    strength = space[name] * magnitude / MAGNITUDES
    signed = name not in UNSIGNED and random.random() < 0.5
    return name, -strength if signed else strength


def _make_mirror(really: bool) -> Matrix:
    return np.diag([1.0, -1.0 if really else 1.0, 1.0])


def _make_translation(down: float, right: float) -> Matrix:
    return np.array([[1, 0, -down], [0, 1, -right], [0, 0, 1]], dtype=np.float64)


def _make_rotation(degrees: float) -> Matrix:
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


def _make_zoom(factor: float) -> Matrix:
    return np.diag([1 / factor, 1 / factor, 1.0])


def _make_shear(down: float, right: float) -> Matrix:
    return np.array([[1, down, 0], [right, 1, 0], [0, 0, 1]], dtype=np.float64)


GEOMETRY: dict[str, Callable[[float], Matrix]] = {
    "rotate": _make_rotation,
    "zoom": _make_zoom,
    "shear_x": lambda strength: _make_shear(0, strength),
    "shear_y": lambda strength: _make_shear(strength, 0),
    "translate_x": lambda share: _make_translation(0, share),
    "translate_y": lambda share: _make_translation(share, 0),
}


def _move_pixels(pixels: Pixels, moved: Matrix, fill: str) -> Pixels:
    """Look up each pixel where it came from, bilinearly."""
    if np.array_equal(moved, np.eye(3)):
        return pixels
    height, width = pixels.shape[:2]
    centre = np.array([(height - 1) / 2, (width - 1) / 2])
    linear = moved[:2, :2]
    offset = centre - linear @ centre + moved[:2, 2] * min(height, width)
    planes = [
        affine_transform(
            pixels[..., channel].astype(np.float32),
            linear,
            offset,
            order=1,
            mode=EDGES[fill],
            prefilter=False,
        )
        for channel in range(3)
    ]
    result = np.stack(planes, axis=-1).round().clip(0, 255).astype(np.uint8)  # (H, W, 3)
    if fill == "black":
        result[_find_outside(height, width, linear, offset)] = 0
    return result


def _find_outside(height: int, width: int, linear: Matrix, offset: Matrix) -> NDArray[np.bool_]:
    """Tell which pixels come from beyond the outer edge of the picture's last pixels."""
    places = np.indices((height, width)).reshape(2, -1)  # (2, H * W)
    y, x = linear @ places + offset[:, None]
    beyond = (abs(y - (height - 1) / 2) > height / 2) | (abs(x - (width - 1) / 2) > width / 2)
    return np.asarray(beyond.reshape(height, width))


def _cover(pixels: Pixels, place: tuple[float, float, float, float]) -> Pixels:
    """Lay the picture's mean colour over a rectangle, which may hang over the edge."""
    height, width = pixels.shape[:2]
    top, left, tall, wide = place
    rows = slice(max(0, round(top * height)), max(0, round((top + tall) * height)))
    columns = slice(max(0, round(left * width)), max(0, round((left + wide) * width)))
    covered = pixels.copy()
    covered[rows, columns] = pixels.reshape(-1, 3).mean(axis=0).round().astype(np.uint8)
    return covered


COLOURS: dict[str, Callable[[Image.Image, float], Image.Image]] = {
    "identity": lambda image, _: image,
    "brightness": lambda image, by: ImageEnhance.Brightness(image).enhance(1 + by),
    "contrast": lambda image, by: ImageEnhance.Contrast(image).enhance(1 + by),
    "saturation": lambda image, by: ImageEnhance.Color(image).enhance(1 + by),
    "sharpness": lambda image, by: ImageEnhance.Sharpness(image).enhance(1 + by),
    "posterize": lambda image, by: ImageOps.posterize(image, 8 - round(by)),
    "solarize": lambda image, by: ImageOps.solarize(image, 256 - round(by)),
    "autocontrast": lambda image, _: ImageOps.autocontrast(image),
    "equalize": lambda image, _: ImageOps.equalize(image),
}
