"""scikit-learn's digits: 1,797 images of 8 × 8 px, 17 grey levels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from synthset.formats.in_memory import list_in_memory
from synthset.formats.listed import Label, Listed, Vocabulary
from synthset.formats.manifest import Passed

NAMES = Vocabulary(tuple(map(str, range(10))), said_by="scikit-learn's labels")


def find(passed: Passed) -> Iterator[Listed]:
    """List the images, in their order."""
    digits = load_digits()
    passed.layouts.append("the digits of scikit-learn")
    pixels = np.round(digits.images * (255 / 16)).astype(np.uint8)  # (N, 8, 8)
    for row, (image, number) in enumerate(zip(pixels, digits.target.tolist(), strict=True)):
        label = Label(NAMES.names[number], number, vocabulary=NAMES)
        yield list_in_memory(f"digits#{row}", label, Image.fromarray(image))
