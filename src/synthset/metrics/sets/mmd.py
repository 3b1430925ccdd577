"""Squared maximum mean discrepancy of two sets under any kernel, in memory of a few row blocks.

Paper: Gretton et al. 2012, "A Kernel Two-Sample Test", JMLR 13. Lower is better.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synthset.metrics.features import Features, Scores, cut_spans

# (N, D), (M, D) -> (N, M). The unbiased estimate ignores a constant that is added to the kernel,
# so a kernel may leave out one that would cost digits in float32.
Kernel = Callable[[Features, Features], Features]

BLOCK = 1024


@dataclass(frozen=True)
class Discrepancy:
    """A squared discrepancy and how sure it is.

    Attributes:
        value: the estimate; the unbiased one may lie slightly below 0.
        standard_error: jackknife over the images of both sets, float >= 0.
    """

    value: float
    standard_error: float


@dataclass(frozen=True, eq=False)
class KernelSums:
    """Row sums of the three kernel matrices: all that any estimate of the discrepancy needs.

    Attributes:
        real: (N,) float64, over the other real images (the diagonal is left out).
        real_diagonal: (N,) float64, each real image with itself.
        generated: (M,) float64, over the other generated images.
        generated_diagonal: (M,) float64.
        real_to_generated: (N,) float64, each real image over all generated ones.
        generated_to_real: (M,) float64, each generated image over all real ones.
    """

    real: Scores
    real_diagonal: Scores
    generated: Scores
    generated_diagonal: Scores
    real_to_generated: Scores
    generated_to_real: Scores


def sum_kernels(real: Features, generated: Features, kernel: Kernel) -> KernelSums:
    """Walk over the three kernel matrices once, block by block.

    Args:
        real: (N, D) float32 or float64.
        generated: (M, D), same dtype.
        kernel: symmetric, and taking blocks of rows.

    Returns:
        Row sums in float64; the memory is O(block x max(N, M)).
    """
    real_sums, real_diagonal = _within(real, kernel)
    generated_sums, generated_diagonal = _within(generated, kernel)
    to_generated, to_real = np.zeros(len(real)), np.zeros(len(generated))
    for rows in cut_spans(len(real), BLOCK):
        block = kernel(real[rows], generated)  # (block, M)
        to_generated[rows] = block.sum(axis=1, dtype=np.float64)
        to_real += block.sum(axis=0, dtype=np.float64)
    return KernelSums(
        real_sums, real_diagonal, generated_sums, generated_diagonal, to_generated, to_real
    )


def estimate_unbiased(sums: KernelSums) -> Discrepancy:
    """The U-statistic: no kernel of an image with itself; its mean is the true discrepancy.

    The standard error is the jackknife's: each image of either set is left out in turn, which the
    row sums give for nothing. For equal distributions it errs on the large side.

    Args:
        sums: of N >= 3 real and M >= 3 generated images.
    """
    n, m = len(sums.real), len(sums.generated)
    real, generated = sums.real.sum(), sums.generated.sum()
    across = sums.real_to_generated.sum()
    value = real / (n * (n - 1)) + generated / (m * (m - 1)) - 2 * across / (n * m)
    without_real = (  # (N,)
        (real - 2 * sums.real) / ((n - 1) * (n - 2))
        + generated / (m * (m - 1))
        - 2 * (across - sums.real_to_generated) / ((n - 1) * m)
    )
    without_generated = estimate_without_each(sums)
    return Discrepancy(float(value), _jackknife_error(without_real, without_generated))


def estimate_without_each(sums: KernelSums) -> Scores:
    """The U-statistic with each generated image left out in turn, (M,) float64.

    Args:
        sums: of N >= 2 real and M >= 3 generated images.
    """
    n, m = len(sums.real), len(sums.generated)
    across = sums.real_to_generated.sum()
    without: Scores = (
        sums.real.sum() / (n * (n - 1))
        + (sums.generated.sum() - 2 * sums.generated) / ((m - 1) * (m - 2))
        - 2 * (across - sums.generated_to_real) / (n * (m - 1))
    )
    return without


def estimate_biased(sums: KernelSums) -> Discrepancy:
    """The V-statistic: with the diagonals, never below 0, and too large by about 1/N + 1/M.

    Args:
        sums: of N >= 2 real and M >= 2 generated images.
    """
    n, m = len(sums.real), len(sums.generated)
    real = sums.real.sum() + sums.real_diagonal.sum()
    generated = sums.generated.sum() + sums.generated_diagonal.sum()
    across = sums.real_to_generated.sum()
    value = real / n**2 + generated / m**2 - 2 * across / (n * m)
    without_real = (  # (N,)
        (real - 2 * sums.real - sums.real_diagonal) / (n - 1) ** 2
        + generated / m**2
        - 2 * (across - sums.real_to_generated) / ((n - 1) * m)
    )
    without_generated = (  # (M,)
        real / n**2
        + (generated - 2 * sums.generated - sums.generated_diagonal) / (m - 1) ** 2
        - 2 * (across - sums.generated_to_real) / (n * (m - 1))
    )
    return Discrepancy(float(value), _jackknife_error(without_real, without_generated))


def _within(features: Features, kernel: Kernel) -> tuple[Scores, Scores]:
    """Row sums without the diagonal, and the diagonal; each pair of blocks is computed once."""
    sums, diagonal = np.zeros(len(features)), np.zeros(len(features))
    for rows in cut_spans(len(features), BLOCK):
        block = kernel(features[rows], features[rows])  # symmetric, so half a product
        diagonal[rows] = np.diagonal(block)
        sums[rows] += block.sum(axis=1, dtype=np.float64) - diagonal[rows]
        if rows.stop < len(features):
            block = kernel(features[rows], features[rows.stop :])  # (block, N - stop)
            sums[rows] += block.sum(axis=1, dtype=np.float64)
            sums[rows.stop :] += block.sum(axis=0, dtype=np.float64)
    return sums, diagonal


def _jackknife_error(*left_out: Scores) -> float:
    variances = ((len(values) - 1) * values.var() for values in left_out)
    return float(np.sqrt(sum(variances)))
