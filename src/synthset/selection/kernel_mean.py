"""Which k images have, as a set, the kernel mean nearest to the real images'? (Squared MMD.)

Paper: Chen, Welling, Smola 2010, "Super-Samples from Kernel Herding", arXiv 1203.3472, for the
objective; here it is brought down by swaps. It sees more than mean and covariance, needs the real
images themselves, and has no certificate. The kernel is Gaussian, its width the median distance
between real images.
"""

from __future__ import annotations

import numpy as np

from synthset.metrics.features import Features, check_pair, cut_spans
from synthset.selection.nearest import deal
from synthset.selection.swaps import choose_subset
from synthset.selection.target import Floats, Rows

SAMPLE = 1000  # real images that the width is taken from


def nearest_kernel_mean(
    features: Features,
    real: Features,
    count: int,
    *,
    prefer: Floats | None = None,
    seed: int = 0,
    fixed: Rows | None = None,
) -> Rows:
    """Choose the images whose kernel mean is nearest to that of the real ones.

    Above 2,048 candidates each block of them chooses its share on its own.

    Args:
        features: (N, D) float32 or float64, the candidates of one class.
        real: (M, D), M >= 2.
        count: how many to choose; all, if there are no more.
        prefer: (N,) what each image is worth, in shares of the real images' variance under the
            kernel.
        seed: of the blocks.
        fixed: rows that stay in.

    Returns:
        (count,) rows, ascending.
    """
    real, features = check_pair(real, features, at_least=1)
    if count >= len(features):
        return np.arange(len(features))
    width = estimate_squared_width(real)
    towards, variance = (
        np.zeros(len(features)),
        1 - float(_gauss(real[:SAMPLE], real, width).mean()),
    )
    for span in cut_spans(len(features)):
        towards[span] = _gauss(features[span], real, width).mean(axis=1, dtype=np.float64)
    worth = np.zeros(len(features)) if prefer is None else prefer * variance
    stay = np.zeros(len(features), dtype=bool)
    stay[fixed if fixed is not None else []] = True
    chosen = []
    for block, share in deal(len(features), count, stay, np.random.default_rng(seed)):
        rows = features[block]
        kernel = _gauss(rows, rows, width) / np.float32(share**2)
        prices = -(2 * towards[block] + worth[block]) / share
        chosen.append(
            block[choose_subset(kernel, prices, share, None, np.flatnonzero(stay[block]))]
        )
    return np.sort(np.concatenate(chosen))


def estimate_squared_width(real: Features) -> float:
    """Median squared distance between two real images (of the first 1,000), or 1 if that is 0."""
    distances = _squared(real[:SAMPLE], real[:SAMPLE])
    apart = distances[np.triu_indices(len(distances), 1)]
    return float(np.median(apart)) or 1.0 if len(apart) else 1.0


def _gauss(a: Features, b: Features, width: float) -> Features:
    kernel: Features = np.exp(-_squared(a, b) / np.float32(2 * width))
    return kernel


def _squared(a: Features, b: Features) -> Features:
    """(N, M) float32 squared distances, around the mean of `b` for the digits."""
    centre = b.mean(axis=0, dtype=np.float64)
    a, b = (a - centre).astype(np.float32), (b - centre).astype(np.float32)
    found: Features = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * (a @ b.T)
    return np.maximum(found, 0)
