"""scikit-learn's digits: 1,797 images of 8 × 8 px, 17 grey levels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from synthset.errors import ModelError
from synthset.formats.in_memory import in_memory
from synthset.formats.listed import Label, Listed, Vocabulary
from synthset.formats.manifest import Passed

NAMES = Vocabulary(tuple(map(str, range(10))), said_by="scikit-learn")


def find(passed: Passed) -> Iterator[Listed]:
    """List the images, in their order.

    Raises:
        ModelError: scikit-learn is missing.
    """
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError:
        right = "pip install 'synthset[train]'"
        raise ModelError(
            f"the digits are part of scikit-learn, which is missing: {right}"
        ) from None
    digits = load_digits()
    passed.layouts.append("the digits of scikit-learn")
    pixels = np.round(digits.images * (255 / 16)).astype(np.uint8)  # (N, 8, 8)
    for row, (image, number) in enumerate(zip(pixels, digits.target.tolist(), strict=True)):
        label = Label(NAMES.names[number], number, vocabulary=NAMES)
        yield in_memory(f"digits#{row}", label, Image.fromarray(image))
