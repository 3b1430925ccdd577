"""Losses, and the weights of classes that remedy imbalance.

Papers: focal loss, Lin et al. 2017, arXiv 1708.02002; effective number of images, Cui et al. 2019,
arXiv 1901.05555; margins that depend on the labels' distribution (LDAM), Cao et al. 2019, arXiv
1906.07413.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthset.recipe.training import Loss

BETA = 0.999  # of the effective number, from the paper


def compute_class_weights(counts: NDArray[np.int64], kind: str) -> NDArray[np.float64] | None:
    """Weigh the classes.

    Args:
        counts: (K,) training images of each class.
        kind: `balanced` (one over the count), `effective` (one over the effective number of
            images), or `none`.

    Returns:
        (K,) weights whose mean over the images is 1, 0 for a class without images; None for `none`.
    """
    if kind == "none":
        return None
    sizes = counts.astype(np.float64)
    worth = sizes if kind == "balanced" else (1 - BETA**sizes) / (1 - BETA)
    weights = np.divide(1, worth, out=np.zeros_like(worth), where=worth > 0)
    return np.asarray(weights * sizes.sum() / (weights * sizes).sum())


def compute_margins(counts: NDArray[np.int64], largest: float) -> NDArray[np.float64]:
    """Compute the margins of LDAM, each inverse to the fourth root of the class's images.

    Args:
        counts: (K,) training images of each class.
        largest: margin of the class with the fewest.

    Returns:
        (K,) logits in (0, largest]; the largest for a class without images.
    """
    fewest = counts[counts > 0].min()
    margins: NDArray[np.float64] = largest * (fewest / np.maximum(counts, fewest)) ** 0.25
    return margins


def smooth_targets(targets: Tensor, share: float) -> Tensor:
    """Spread a share of each target over all classes: (B, K) in rows that sum to 1."""
    return targets * (1 - share) + share / targets.shape[1] if share else targets


def compute_losses(
    logits: Tensor, targets: Tensor, settings: Loss, weights: Tensor | None
) -> Tensor:
    """Compute the loss of each image.

    Args:
        logits: (B, K) float32.
        targets: (B, K) in rows that sum to 1, smoothed and mixed already.
        settings: which loss.
        weights: (B,) of the images, or None. Weights of the terms of a sum over classes, as torch
            has them, would let label smoothing push every image towards a class of large weight.

    Returns:
        (B,) in [0, inf), lower is better. Their mean is the loss: it is not divided by the weights
        of the batch, whose mean over the training set is 1.
    """
    logs = torch.log_softmax(logits, dim=1)
    terms = -targets * logs  # (B, K)
    if settings.kind == "focal":
        terms = terms * (1 - logs.exp()) ** settings.gamma
    if weights is not None:
        return terms.sum(dim=1) * weights
    return terms.sum(dim=1)
