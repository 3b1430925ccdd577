"""CMMD: squared discrepancy of CLIP features under a Gaussian kernel, times 1,000. Lower is better.

Paper: Jayasumana et al. 2024, arXiv 2401.09603 (CLIP ViT-L/14 at 336 px; with another encoder say
so beside the number).
"""

from __future__ import annotations

import numpy as np

from synthset.metrics.features import Features, check_pair, normalise_rows
from synthset.metrics.sets.mmd import Discrepancy, estimate_biased, estimate_unbiased, sum_kernels

SIGMA = 10.0  # the paper's bandwidth
SCALE = 1000.0  # the paper's, to print readable numbers


def cmmd(
    real: Features, generated: Features, sigma: float = SIGMA, with_diagonal: bool = True
) -> Discrepancy:
    """Compare two sets of CLIP image features without assuming that they are Gaussian.

    Args:
        real: (N, D) float32 or float64, N >= 3; rows are scaled to length 1 here.
        generated: (M, D), M >= 3.
        sigma: bandwidth of the kernel exp(-|x - y|^2 / (2 sigma^2)).
        with_diagonal: count each image with itself, as the paper's code does: never below 0, and
            too large by about 1/N + 1/M. False gives the unbiased estimate, to be preferred for
            small sets and for sets of different sizes.

    Returns:
        1,000 x the squared discrepancy, and its standard error on the same scale.

    Raises:
        UsageError: as `features.check_pair`, or a row that is all zero.
    """
    real, generated = check_pair(real, generated, at_least=3)
    real, generated = normalise_rows(real, "real"), normalise_rows(generated, "generated")

    def kernel_less_one(a: Features, b: Features) -> Features:
        # Unit rows lie within 2 of each other, so with sigma 10 the kernel is 0.98 to 1: without
        # the 1, which cancels in both estimates, float32 keeps all its digits.
        exponent: Features = a @ b.T  # 1 - |x - y|^2 / 2
        exponent -= 1
        np.minimum(exponent, 0, out=exponent)
        exponent *= 1 / sigma**2
        return np.expm1(exponent, out=exponent)

    sums = sum_kernels(real, generated, kernel_less_one)
    found = estimate_biased(sums) if with_diagonal else estimate_unbiased(sums)
    return Discrepancy(SCALE * found.value, SCALE * found.standard_error)
