"""CLIP score: does the picture show what its prompt says?

Paper: Hessel et al. 2021, arXiv 2104.08718. Higher is better.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from synthset.errors import UsageError
from synthset.metrics.features import Features, check_features, normalise_rows


def clip_score(images: Tensor, texts: Tensor) -> Tensor:
    """Compare each image with its own text.

    Args:
        images: (N, D) float32 image features, unit length.
        texts: (N, D) float32 text features, unit length; row i belongs to image i.

    Returns:
        (N,) float32 in [0, 100]: 100 x cosine, negatives cut to 0. Higher is better. (The paper
        scales by 2.5 instead of 100; torchmetrics cuts the mean, not the rows.)
    """
    return (100 * (images * texts).sum(dim=1)).clamp(min=0, max=100)  # (N,)


def clip_score_from_features(images: Features, texts: Features) -> Features:
    """Compare stored features, image by image with its own text.

    Args:
        images: (N, D) float16, float32 or float64; rows are scaled to length 1 here.
        texts: (N, D); row i belongs to image i.

    Returns:
        (N,) float32 or float64 in [0, 100], as `clip_score`.

    Raises:
        UsageError: as `features.check_features`, a row that is all zero, or shapes that differ.
    """
    images, texts = check_features(images, "images"), check_features(texts, "texts")
    if images.shape != texts.shape:
        raise UsageError(
            f"images has shape {images.shape} and texts {texts.shape}; row i needs text i"
        )
    images, texts = normalise_rows(images, "images"), normalise_rows(texts, "texts")
    cosine: Features = np.einsum("nd,nd->n", images, texts)  # (N,)
    return np.clip(100 * cosine, 0, 100)
