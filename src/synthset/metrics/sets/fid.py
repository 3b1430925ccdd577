"""Fréchet distance between two clouds of features, seen as Gaussians. Lower is better.

Paper: Heusel et al. 2017, arXiv 1706.08500 (over Inception-v3 features, and only then, it is called
FID).

    |m_r - m_g|^2 + tr(S_r) + tr(S_g) - 2 tr((S_r S_g)^(1/2))

The last trace is the sum of the square roots of the eigenvalues of a *symmetric* matrix L' S_g L
with S_r = L L', so it can be neither complex nor NaN, and the number of images says how many of
those eigenvalues can differ from zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from scipy.linalg import lapack

from synthset.errors import UsageError
from synthset.metrics.features import Features, check_pair, cut_spans
from synthset.metrics.sets.gaussian import Gaussian, Matrix, gaussian


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """Squared Wasserstein-2 distance between two Gaussians.

    Args:
        a: mean, covariance and number of images of one set.
        b: the same of the other; the order does not matter.

    Returns:
        Float >= 0, in squared feature units; lower is better, 0 for equal Gaussians. Never NaN. It
        is biased upwards by about 1/n, heavily where n <= D: see `sample_size.explain_shortfalls`.

    Raises:
        UsageError: Gaussians over different numbers of features.
    """
    if a.mean.shape != b.mean.shape:
        raise UsageError(
            f"cannot compare {len(a.mean)} features with {len(b.mean)}; encode both with the same "
            "encoder"
        )
    shift = a.mean - b.mean
    traces = float(np.trace(a.cov) + np.trace(b.cov))
    return _not_negative(float(shift @ shift) + traces - 2 * trace_sqrt_product(a, b))


def frechet_distance_from_features(real: Features, generated: Features) -> float:
    """Fréchet distance of two sets, by whichever exact route suits their sizes.

    With more features than images in a set, no (D, D) matrix is built: the trace is the sum of the
    singular values of the (N, M) product of the centred sets, all in float64. It is faster there by
    one to two orders of magnitude, and more exact than a square root of a singular matrix.

    Args:
        real: (N, D) float32 or float64, N >= 2.
        generated: (M, D), M >= 2.

    Returns:
        As `frechet_distance`.

    Raises:
        UsageError: as `features.check_pair`.
    """
    real, generated = check_pair(real, generated, at_least=2)
    if min(len(real), len(generated)) > real.shape[1]:
        return frechet_distance(gaussian(real), gaussian(generated))
    return _low_rank_distance(_Centred.of(real), _Centred.of(generated))


def trace_sqrt_product(a: Gaussian, b: Gaussian) -> float:
    """tr((S_a S_b)^(1/2)): the part of the Fréchet distance that couples two covariances.

    At most min(n_a, n_b) - 1 eigenvalues differ from zero; the rest is rounding, whose square root
    would show, and is not summed.
    """
    width = len(a.mean)
    rank = min(a.n - 1, b.n - 1, width)
    for n, outer, inner in ((a.n, a.cov, b.cov), (b.n, b.cov, a.cov)):
        if n > width:
            product = _cholesky_product(outer, inner)
            if product is not None:
                return _sum_of_roots(product, rank)
    outer, inner = (a.cov, b.cov) if a.n <= b.n else (b.cov, a.cov)
    factor = _eigen_factor(outer, min(a.n, b.n) - 1)  # (D, R)
    return _sum_of_roots(factor.T @ inner @ factor, rank)


def _cholesky_product(outer: Matrix, inner: Matrix) -> Matrix | None:
    """Lower triangle of L' `inner` L with `outer` = L L'; None if that is not positive definite."""
    # Transposed, a symmetric matrix is itself, and already in LAPACK's column order.
    factor, failed = lapack.dpotrf(outer.T, lower=1)
    if failed:
        return None
    product, wrong = lapack.dsygst(inner.T, factor, itype=2, lower=1)
    if wrong:
        raise AssertionError(f"dsygst refused its argument {-wrong}")
    result: Matrix = product
    return result


def covariance_factor(of: Gaussian) -> Matrix:
    """A with A A' = `of.cov`: (D, D) lower triangular, or (D, R) where the rank is only R."""
    if of.n > len(of.mean):
        factor, failed = lapack.dpotrf(of.cov.T, lower=1)
        if not failed:
            triangle: Matrix = factor
            return triangle
    return _eigen_factor(of.cov, of.n - 1)


def _eigen_factor(cov: Matrix, rank: int) -> Matrix:
    """(D, R) with factor @ factor.T = cov, for a covariance that need not have full rank."""
    values, vectors = scipy.linalg.eigh(cov)
    noise = len(values) * np.finfo(np.float64).eps * max(values[-1], 0.0)
    kept = np.flatnonzero(values > noise)[-rank:]
    factor: Matrix = vectors[:, kept] * np.sqrt(values[kept])
    return factor


def _sum_of_roots(symmetric: Matrix, rank: int) -> float:
    """Sum of the square roots of the `rank` largest eigenvalues; reads the lower triangle."""
    if not len(symmetric):
        return 0.0
    values = scipy.linalg.eigvalsh(symmetric, driver="evr", overwrite_a=True, check_finite=False)
    return float(np.sqrt(np.maximum(values[-rank:], 0.0)).sum())


@dataclass(frozen=True, eq=False)
class _Centred:
    """A set for the low-rank route: its mean, and its rows less that mean, in float64."""

    mean: Matrix  # (D,)
    rows: Matrix  # (N, D)

    @classmethod
    def of(cls, features: Features) -> _Centred:
        mean = features.mean(axis=0, dtype=np.float64)
        return cls(mean, features - mean)

    @property
    def trace(self) -> float:
        return float(np.vdot(self.rows, self.rows)) / (len(self.rows) - 1)


def _low_rank_distance(a: _Centred, b: _Centred) -> float:
    small, large = sorted((a.rows, b.rows), key=len)
    gram = np.zeros((len(small), len(small)))
    for span in cut_spans(len(large)):
        product = large[span] @ small.T  # (block, N of the smaller set)
        gram += product.T @ product
    rank = min(len(small) - 1, small.shape[1])
    coupling = _sum_of_roots(gram, rank) / np.sqrt((len(small) - 1.0) * (len(large) - 1.0))
    shift = a.mean - b.mean
    return _not_negative(float(shift @ shift) + a.trace + b.trace - 2 * coupling)


def _not_negative(distance: float) -> float:
    """Cut the last digits' rounding, which for equal sets falls on either side of zero."""
    return max(distance, 0.0)
