"""The colours of a picture in few digits, and whether those of two pictures are alike.

A perceptual hash sees brightness alone; these tell a red light from a green one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PARTS = 6  # a side: in 128 pixels, a disc of 24 has its own colour wherever it lies
STEP = 16.0  # levels of Cb or Cr a digit; copies differ by up to 17 (recompressed, cropped by 2 %)
GREY = 8  # the digit of no colour
UNKNOWN = 255
CHROMA = np.array([[-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])  # JPEG's Cb and Cr

Steps = NDArray[np.uint8]


def colour_digits(parts: NDArray[np.uint8]) -> str:
    """Write the colours of a picture's parts.

    Args:
        parts: (PARTS, PARTS, 3) uint8 RGB, their means.

    Returns:
        A hexadecimal digit for Cb and one for Cr of each part, row by row.
    """
    chroma = parts.reshape(-1, 3).astype(np.float64) @ CHROMA.T  # (PARTS^2, 2) in +-127.5
    steps = np.floor(chroma / STEP + GREY + 0.5).clip(0, 15).astype(int)
    return "".join(f"{step:x}" for step in steps.ravel().tolist())


def colour_steps(digits: Sequence[str]) -> Steps:
    """Read what `colour_digits` wrote: (N, 2 PARTS^2), `UNKNOWN` in rows without digits."""
    width = 2 * PARTS**2
    found = np.full((len(digits), width), UNKNOWN, np.uint8)
    there = [row for row, text in enumerate(digits) if len(text) == width]
    if there:
        read = np.frombuffer("".join(digits[row] for row in there).encode(), np.uint8)
        found[there] = np.where(read > ord("9"), read - ord("a") + 10, read - ord("0")).reshape(
            -1, width
        )
    return found


def are_alike(ours: Steps, theirs: Steps) -> NDArray[np.bool_]:
    """Whether two pictures differ in no colour by more than a digit; unknown ones are alike.

    Args:
        ours: (N, C).
        theirs: (N, C).

    Returns:
        (N,).
    """
    unknown = (ours[:, 0] == UNKNOWN) | (theirs[:, 0] == UNKNOWN)
    most = np.maximum(ours, theirs) - np.minimum(ours, theirs)  # uint8 has no sign
    found: NDArray[np.bool_] = unknown | (most.max(axis=1) <= 1)
    return found
