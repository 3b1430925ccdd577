"""Kernel distance: the unbiased squared discrepancy under a cubic kernel. Lower is better.

Paper: Bińkowski et al. 2018, arXiv 1801.01401 (over Inception-v3 features it is called KID).
Unlike the Fréchet distance it is right on average at any number of images, also for one class.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from synthset.errors import UsageError
from synthset.metrics.features import Features, Scores, check_pair, cut_spans
from synthset.metrics.sets.mmd import BLOCK, Discrepancy, estimate_unbiased, sum_kernels

SUBSETS = 100  # the paper's and every implementation's
SUBSET_SIZE = 1000
SEED = 2020  # torch-fidelity's
SOME = 100  # images that tell what is typical
IN_CACHE = 32  # rows of a kernel cubed at a time: they and their squares stay in a core's cache


@dataclass(frozen=True)
class SubsetKid:
    """KID over random subsets.

    Attributes:
        mean: mean over the subsets; may lie slightly below 0, and then means "no difference seen".
        std: population standard deviation over the subsets, which is what papers print as "±". It
            is the spread of one subset, and no error of the mean: for that see `kid_full`.
        values: (subsets,) float64.
    """

    mean: float
    std: float
    values: Scores = field(repr=False, compare=False)


def kid(
    real: Features,
    generated: Features,
    subsets: int = SUBSETS,
    subset_size: int = SUBSET_SIZE,
    seed: int = SEED,
) -> SubsetKid:
    """Average the unbiased cubic-kernel discrepancy over random subsets.

    The subsets are those of torch-fidelity with `generated` as input 1, `real` as input 2 and the
    same seed, so that the two numbers can be compared. Up to about 10,000 images, every entry of
    the kernel is computed once and serves all subsets; beyond, each subset is computed alone.

    Args:
        real: (N, D) float32 or float64.
        generated: (M, D).
        subsets: how many.
        subset_size: images of each set in a subset, drawn without replacement; 2 to min(N, M).
        seed: of the draw.

    Returns:
        Mean, standard deviation and the value of each subset; the kernel is (x·y / D + 1)^3 and
        nothing is scaled (papers often print 1,000 times this).

    Raises:
        UsageError: as `features.check_pair`, or a subset larger than a set.
    """
    real, generated = check_pair(real, generated, at_least=2)
    smaller = min(len(real), len(generated))
    if not 2 <= subset_size <= smaller or subsets < 1:
        raise UsageError(
            f"subset_size: found {subset_size} (and {subsets} subsets); the smaller set has "
            f"{smaller} images, so 2 to {smaller} can be drawn, or use kid_full, which needs none"
        )
    draws = _draws(len(generated), len(real), subsets, subset_size, seed)
    chosen_generated = np.stack([first for first, _ in draws])  # (subsets, subset_size)
    chosen_real = np.stack([second for _, second in draws])
    whole = (len(real) + len(generated)) ** 2  # entries, by twice, of the kernel of everything
    apart = 4 * subsets * subset_size**2
    if whole <= apart:
        values = _values_from_whole(real, generated, chosen_real, chosen_generated)
    else:
        values = np.array(
            [
                _value(real[ours], generated[theirs])
                for ours, theirs in zip(chosen_real, chosen_generated, strict=True)
            ]
        )
    return SubsetKid(float(values.mean()), float(values.std()), values)


def kid_full(real: Features, generated: Features) -> Discrepancy:
    """The unbiased cubic-kernel discrepancy of all images: no subsets, no seed, smallest error.

    Args:
        real: (N, D) float32 or float64, N >= 3.
        generated: (M, D), M >= 3; N and M may differ.

    Returns:
        The U-statistic, lower is better, with its standard error; O(block x N) memory.

    Raises:
        UsageError: as `features.check_pair`.
    """
    real, generated = check_pair(real, generated, at_least=3)
    return estimate_unbiased(sum_kernels(real, generated, cubic_kernel))


def cubic_kernel(a: Features, b: Features) -> Features:
    """(x·y / D + 1)^3 for all pairs of rows, (N, D) and (M, D) to (N, M), in the rows' dtype.

    For a set with itself (the very same memory) the product takes half the time.
    """
    kernel: Features = a @ b.T
    for rows in cut_spans(len(kernel), IN_CACHE):
        part = kernel[rows]
        part *= 1 / a.shape[1]
        part += 1
        part *= part * part
    return kernel


def _draws(
    first: int, second: int, subsets: int, size: int, seed: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    # The legacy generator, and this order of calls, are what make the subsets torch-fidelity's.
    rng = np.random.RandomState(seed)
    return [
        (rng.choice(first, size, replace=False), rng.choice(second, size, replace=False))
        for _ in range(subsets)
    ]


def _value(real: Features, generated: Features) -> float:
    """One subset, on its own; both of the same size."""
    size = len(real)
    total = 0.0
    for features in (real, generated):
        kernel = cubic_kernel(features, features)
        total += float(kernel.sum(dtype=np.float64) - np.trace(kernel, dtype=np.float64))
    across = float(cubic_kernel(real, generated).sum(dtype=np.float64))
    return total / (size * (size - 1)) - 2 * across / size**2


def _values_from_whole(
    real: Features,
    generated: Features,
    chosen_real: NDArray[np.int64],
    chosen_generated: NDArray[np.int64],
) -> Scores:
    """All subsets at once: with a 0/1 matrix B of who is in which, a subset's sum is b' K b."""
    subsets, size = chosen_real.shape
    in_real = _membership(chosen_real, len(real), real.dtype)
    in_generated = _membership(chosen_generated, len(generated), real.dtype)
    # A constant cancels in the estimate; without it the float32 sums keep more digits.
    typical = float(cubic_kernel(real[:SOME], generated[:SOME]).mean(dtype=np.float64))
    within = _sums_within(real, in_real, typical) + _sums_within(generated, in_generated, typical)
    across = np.zeros(subsets)
    for rows in cut_spans(len(real), BLOCK):
        kernel = cubic_kernel(real[rows], generated)  # (block, M)
        kernel -= typical
        across += _multiply_columns(in_real[rows], kernel @ in_generated)
    values: Scores = within / (size * (size - 1)) - 2 * across / size**2
    return values


def _sums_within(features: Features, member: Features, typical: float) -> Scores:
    """Sum of the kernel over the ordered pairs of different images in each subset, (subsets,)."""
    sums = np.zeros(member.shape[1])
    for rows in cut_spans(len(features), BLOCK):
        own = cubic_kernel(features[rows], features[rows])  # (block, block)
        own -= typical
        np.fill_diagonal(own, 0)
        sums += _multiply_columns(member[rows], own @ member[rows])
        if rows.stop < len(features):
            rest = cubic_kernel(features[rows], features[rows.stop :])  # (block, N - stop)
            rest -= typical
            sums += 2 * _multiply_columns(member[rows], rest @ member[rows.stop :])
    return sums


def _multiply_columns(left: Features, right: Features) -> Scores:
    """Column-wise dot products of two (N, subsets) matrices, in float64."""
    sums: Scores = np.einsum("ns,ns->s", left, right, dtype=np.float64)
    return sums


def _membership(
    chosen: NDArray[np.int64],
    count: int,
    dtype: np.dtype[np.floating],
) -> Features:
    """(count, subsets) of 0 and 1: which image is in which subset."""
    member: Features = np.zeros((count, len(chosen)), dtype=dtype)
    for column, rows in enumerate(chosen):
        member[rows, column] = 1
    return member
