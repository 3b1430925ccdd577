"""TrivialAugment and RandAugment, with random draws of their own.

Papers: TrivialAugment (wide), Müller and Hutter 2021, arXiv 2103.10158; RandAugment, Cubuk et al.
2019, arXiv 1909.13719. torchvision's transforms draw from the global generator; the operations
below are its own, and its tables of strengths are tested to be the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor
from torchvision.transforms.v2 import functional

BINS = 31
RAND_OPERATIONS, RAND_BIN = 2, 9  # of RandAugment, as in torchvision


@dataclass(frozen=True)
class Strength:
    """How strong an operation can be.

    Attributes:
        low, high: ends of a row of `BINS` equal steps.
        signed: half of the draws have a minus.
        of_width: the ends are shares of the image's width.
    """

    low: float
    high: float
    signed: bool = True
    of_width: bool = False


def _shear_image(image: Tensor, x: float, y: float) -> Tensor:
    angles = [math.degrees(math.atan(x)), math.degrees(math.atan(y))]
    sheared: Tensor = functional.affine(
        image, angle=0.0, translate=[0, 0], scale=1.0, shear=angles, center=[0, 0]
    )
    return sheared


def _move(image: Tensor, x: float, y: float) -> Tensor:
    moved: Tensor = functional.affine(
        image, angle=0.0, translate=[int(x), int(y)], scale=1.0, shear=[0.0, 0.0]
    )
    return moved


OPERATIONS: Mapping[str, Callable[[Tensor, float], Tensor]] = {
    "Identity": lambda image, _: image,
    "ShearX": lambda image, s: _shear_image(image, s, 0.0),
    "ShearY": lambda image, s: _shear_image(image, 0.0, s),
    "TranslateX": lambda image, s: _move(image, s, 0.0),
    "TranslateY": lambda image, s: _move(image, 0.0, s),
    "Rotate": lambda image, s: functional.rotate(image, angle=s),
    "Brightness": lambda image, s: functional.adjust_brightness(image, 1 + s),
    "Color": lambda image, s: functional.adjust_saturation(image, 1 + s),
    "Contrast": lambda image, s: functional.adjust_contrast(image, 1 + s),
    "Sharpness": lambda image, s: functional.adjust_sharpness(image, 1 + s),
    "Posterize": lambda image, s: functional.posterize(image, bits=int(s)),
    "Solarize": lambda image, s: functional.solarize(image, threshold=255 * s),
    "AutoContrast": lambda image, _: functional.autocontrast(image),
    "Equalize": lambda image, _: functional.equalize(image),
}
_PLAIN = Strength(0.0, 0.0, signed=False)
TRIVIAL: Mapping[str, Strength] = {
    "Identity": _PLAIN,
    "ShearX": Strength(0, 0.99),
    "ShearY": Strength(0, 0.99),
    "TranslateX": Strength(0, 32),
    "TranslateY": Strength(0, 32),
    "Rotate": Strength(0, 135),
    "Brightness": Strength(0, 0.99),
    "Color": Strength(0, 0.99),
    "Contrast": Strength(0, 0.99),
    "Sharpness": Strength(0, 0.99),
    "Posterize": Strength(8, 2, signed=False),
    "Solarize": Strength(1, 0, signed=False),
    "AutoContrast": _PLAIN,
    "Equalize": _PLAIN,
}
RAND: Mapping[str, Strength] = {
    **TRIVIAL,
    "ShearX": Strength(0, 0.3),
    "ShearY": Strength(0, 0.3),
    "TranslateX": Strength(0, 150 / 331, of_width=True),
    "TranslateY": Strength(0, 150 / 331, of_width=True),
    "Rotate": Strength(0, 30),
    "Brightness": Strength(0, 0.9),
    "Color": Strength(0, 0.9),
    "Contrast": Strength(0, 0.9),
    "Sharpness": Strength(0, 0.9),
    "Posterize": Strength(8, 4, signed=False),
}


def read_strength(of: Strength, name: str, step: int, width: int) -> float:
    """Read a strength off its row, without a sign.

    Args:
        of: the row.
        name: of the operation; bits of `Posterize` are whole.
        step: 0 to `BINS` - 1.
        width: of the image in pixels.
    """
    value = of.low + (of.high - of.low) * step / (BINS - 1)
    value = value * width if of.of_width else value
    return float(round(value)) if name == "Posterize" else value


def change(image: Tensor, policy: str, rng: np.random.Generator) -> Tensor:
    """Change one image: (3, S, S) uint8, by `trivial` or `rand`."""
    table, many = (TRIVIAL, 1) if policy == "trivial" else (RAND, RAND_OPERATIONS)
    names = list(table)
    for _ in range(many):
        which, step, sign = (int(number) for number in rng.integers(0, [len(names), BINS, 2]))
        name = names[which]
        amount = read_strength(
            table[name], name, step if policy == "trivial" else RAND_BIN, image.shape[-1]
        )
        image = OPERATIONS[name](image, -amount if table[name].signed and sign else amount)
    return image
