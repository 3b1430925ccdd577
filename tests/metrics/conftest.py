"""Small clouds of features whose metrics are known, or known to a reference implementation."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

Cloud = Callable[..., NDArray[np.float32]]


@pytest.fixture
def cloud() -> Cloud:
    """Draw (count, width) float32 features, non-negative and correlated as a network's are."""

    def draw(
        count: int, width: int, seed: int = 0, shift: float = 0.0, spread: float = 1.0
    ) -> NDArray[np.float32]:
        mixing = np.random.default_rng(99).normal(size=(width, width)) / np.sqrt(width)
        variances = np.arange(1, width + 1) ** -0.5
        rows = np.random.default_rng(seed).normal(size=(count, width)) * variances * spread
        return np.maximum(rows @ mixing + 0.5 + shift, 0).astype(np.float32)

    return draw
