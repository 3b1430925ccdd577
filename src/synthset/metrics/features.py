"""Feature matrices at the border: what every metric accepts, and how it walks through them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthset.errors import UsageError

Features = NDArray[np.floating[Any]]  # (N, D), one row per image
Scores = NDArray[np.float64]  # (N,), one number per image
Labels = NDArray[np.integer[Any]]  # (N,), class index per image

BLOCK = 2048  # rows at a time: 16 MB of float32 at D=2048, large enough for a full-speed product


def check_features(features: Features, name: str, at_least: int = 1) -> Features:
    """Refuse what no metric can use, and widen float16 (as stored) to float32.

    Args:
        features: (N, D) float16, float32 or float64.
        name: what the caller calls this matrix, for the message.
        at_least: the fewest rows that the metric can work with.

    Returns:
        (N, D) float32 or float64, C-contiguous, all finite; the same memory where nothing had to
        change.

    Raises:
        UsageError: not a float matrix, too few rows, no columns, or a NaN or an infinity inside.
    """
    if (
        features.ndim != 2
        or features.shape[1] == 0
        or not np.issubdtype(features.dtype, np.floating)
    ):
        raise UsageError(
            f"{name}: found {features.dtype} of shape {features.shape}; a metric needs a float "
            "matrix of shape (images, features)"
        )
    if len(features) < at_least:
        raise UsageError(
            f"{name}: found {len(features)} images; this metric needs {at_least} or more"
        )
    wide = np.float64 if features.dtype == np.float64 else np.float32
    contiguous: Features = np.ascontiguousarray(features, dtype=wide)
    with np.errstate(over="ignore", invalid="ignore"):
        suspect = not np.isfinite(contiguous.sum())
    if suspect and not np.isfinite(contiguous).all():
        bad = np.flatnonzero(~np.isfinite(contiguous).all(axis=1))
        raise UsageError(
            f"{name}: {len(bad)} of {len(features)} rows contain NaN or infinity (first: row "
            f"{bad[0]}); leave out the rows whose feature has an error"
        )
    return contiguous


def check_pair(real: Features, generated: Features, at_least: int = 1) -> tuple[Features, Features]:
    """Check both matrices, and that they come from encoders of the same width.

    Returns:
        Both in the wider of the two dtypes.

    Raises:
        UsageError: as `check_features`, or different numbers of features.
    """
    real, generated = (
        check_features(real, "real", at_least),
        check_features(generated, "generated", at_least),
    )
    if real.shape[1] != generated.shape[1]:
        raise UsageError(
            f"real has {real.shape[1]} features per image, but generated has "
            f"{generated.shape[1]}; encode both with the same encoder"
        )
    wide = np.result_type(real, generated)
    return real.astype(wide, copy=False), generated.astype(wide, copy=False)


def check_labels(labels: Labels, count: int, name: str) -> Labels:
    """Refuse labels that do not belong to `count` rows.

    Raises:
        UsageError: not an integer vector of that length.
    """
    if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer):
        raise UsageError(
            f"{name}: found {labels.dtype} of shape {labels.shape}; {count} images need an integer "
            f"vector of shape ({count},)"
        )
    return labels


def normalise_rows(features: Features, name: str) -> Features:
    """Scale every row to length 1.

    Args:
        features: (N, D) float32 or float64.
        name: what the caller calls this matrix, for the message.

    Returns:
        (N, D), same dtype; rows of Euclidean length 1.

    Raises:
        UsageError: a row is all zero, so it has no direction.
    """
    lengths = np.linalg.norm(features, axis=1, keepdims=True)  # (N, 1)
    if not lengths.all():
        raise UsageError(
            f"{name}: row {int(np.argmin(lengths))} is all zero and has no direction; leave out "
            "the rows whose feature has an error"
        )
    unit: Features = features / lengths
    return unit


def softmax(logits: Features) -> NDArray[np.float64]:
    """Turn logits (N, K) into probabilities (N, K), float64; each row sums to 1."""
    wide = logits.astype(np.float64)
    powers = np.exp(wide - wide.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def cut_spans(count: int, size: int = BLOCK) -> Iterator[slice]:
    """Cut 0..count into slices of at most `size`, in order.

    >>> list(cut_spans(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
