"""What does a metric of the set owe to one image? Leave each out in turn, without doing so.

FID, KID and IS are metrics of sets: an image has none. It has an influence: how much the metric
would get worse without it. Positive: the set is better with this image. Negative: it drags.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from synthset.errors import UsageError
from synthset.metrics.features import Features, Scores, check_features, cut_spans
from synthset.metrics.sets.fid import covariance_factor
from synthset.metrics.sets.gaussian import Gaussian
from synthset.metrics.sets.inception_score import check_probabilities, entropies

STEP = 0.35  # of the quadrature, in ln(s): its error is exp(-pi^2 / STEP) = 6e-13 of the result
LOWEST, HIGHEST = 1e-17, 1e4  # its range, in units of the largest standard deviation


def fd_influence(real: Gaussian, generated: Features) -> Scores:
    """How much the Fréchet distance would rise without each image: exact, for all images at once.

    Leaving an image out takes a rank-one matrix from a covariance; what that does to the trace of
    a square root is one integral an image (see `_trace_loss`), and all integrals together are two
    matrix products. So it costs about as much as the distance itself, at any number of images.

    Args:
        real: the reference's mean and covariance.
        generated: (N, D) float32 or float64, N >= 3.

    Returns:
        (N,) float64: distance without image i, less the distance of all. Positive: the image
        helps. Of the order of distance / N; influences of several images do not add up.

    Raises:
        UsageError: as `features.check_features`, or another width than the reference's.
    """
    spread = _Spread.of(real, generated)
    loss = _trace_loss(spread)
    return _change(spread, loss)


def jackknife_error(influence: Scores) -> float:
    """Standard error of the metric itself, over new draws of the generated set.

    With `intervals.normal_interval` it makes an interval. For the Fréchet distance it lay between
    0.96 and 1.6 of the spread of fresh sets, also for N <= D, where the bootstrap's was up to 2.9
    times too wide, and it costs one distance instead of one a draw. The reference counts as given.

    Args:
        influence: (N,) float64, from one of the functions here; N >= 2.

    Returns:
        Float >= 0, in the metric's own units.
    """
    return float(np.sqrt((len(influence) - 1) * influence.var()))


def is_influence(probabilities: Features) -> Scores:
    """How much the inception score (of one split) would fall without each image: exact.

    Args:
        probabilities: (N, K) float32 or float64 in [0, 1]; rows sum to 1; N >= 2.

    Returns:
        (N,) float64: score of all, less the score without image i. Positive: it helps, by being
        clear or by being of a rare class.

    Raises:
        UsageError: as `inception_score.check_probabilities`, or a single image.
    """
    rows = check_probabilities(probabilities).astype(np.float64)
    count = len(rows)
    if count < 2:
        raise UsageError("probabilities: found 1 image; leaving it out leaves none")
    total = rows.sum(axis=0)  # (K,)
    _, row_entropies = entropies(rows)
    whole = row_entropies.sum()
    _, (of_all,) = entropies(total[None] / count)
    without = np.zeros(count)
    for span in cut_spans(count):
        means = np.maximum(total - rows[span], 0) / (count - 1)  # (block, K)
        _, of_rest = entropies(means)
        without[span] = np.exp(of_rest - (whole - row_entropies[span]) / (count - 1))
    return float(np.exp(of_all - whole / count)) - without


@dataclass(frozen=True, eq=False)
class _Spread:
    """A generated set in the coordinates in which both covariances meet.

    With S_r = A A' and centred images c_i, the matrix H = A' C A has the eigenvalues whose roots
    the distance sums, and z_i is A' c_i along its eigenvectors.
    """

    count: int
    shift: Scores  # (D,) generated mean less real mean
    trace: float  # of the generated covariance
    lengths: Scores  # (N,) |c_i|^2
    along: Scores  # (N,) shift . c_i
    variances: Scores  # (R,) eigenvalues of H, the positive ones
    squares: Scores  # (N, R) z_ij^2
    full: bool  # N <= rank: leaving one image out always takes one dimension away

    @classmethod
    def of(cls, real: Gaussian, generated: Features) -> _Spread:
        generated = check_features(generated, "generated", at_least=3)
        count, width = generated.shape
        if width != len(real.mean):
            raise UsageError(
                f"generated has {width} features and the reference {len(real.mean)}; encode both "
                "with the same encoder"
            )
        mean = generated.mean(axis=0, dtype=np.float64)
        centred = generated - mean  # (N, D) float64
        coordinates = centred @ covariance_factor(real)  # (N, R)
        variances, squares = _eigen_coordinates(coordinates)
        lengths = np.einsum("nd,nd->n", centred, centred)
        shift = mean - real.mean
        return cls(
            count=count,
            shift=shift,
            trace=float(lengths.sum() / (count - 1)),
            lengths=lengths,
            along=centred @ shift,
            variances=variances,
            squares=squares,
            full=len(variances) == count - 1,
        )

    @property
    def share(self) -> float:
        """H without image i is (N - 1)/(N - 2) of H - share z_i z_i'."""
        return self.count / (self.count - 1) ** 2


def _eigen_coordinates(coordinates: Scores) -> tuple[Scores, Scores]:
    """Positive eigenvalues (R,) of V'V / (N - 1), and squared coordinates (N, R) along them."""
    count, width = coordinates.shape
    if count > width:
        values, vectors = scipy.linalg.eigh(coordinates.T @ coordinates / (count - 1))
    else:
        values, vectors = scipy.linalg.eigh(coordinates @ coordinates.T / (count - 1))
    kept = np.arange(len(values)) >= len(values) - (count - 1)
    kept &= values > len(values) * np.finfo(np.float64).eps * max(values[-1], 0.0)
    values, vectors = values[kept], vectors[:, kept]
    if count > width:
        return values, (coordinates @ vectors) ** 2
    return values, (count - 1) * values * vectors**2


def _trace_loss(spread: _Spread) -> Scores:
    """tr sqrt(H - b z z') - tr sqrt(H) for each image, (N,), at most 0.

    Since sqrt(a) - sqrt(b) = 1/pi int_0^inf log((a + s^2) / (b + s^2)) ds, the sum over all
    eigenvalues is an integral over one determinant, and that of a rank-one change is a number:
        1/pi int_0^inf log(1 - b sum_j z_j^2 / (h_j + s^2)) ds.
    The trapezoidal rule in ln(s) gets it to all digits, for its error falls exponentially.
    """
    if not len(spread.variances):
        return np.zeros(spread.count)
    scale = float(np.sqrt(spread.variances[-1]))
    nodes = scale * np.exp(np.arange(np.log(LOWEST), np.log(HIGHEST), STEP))  # (Q,)
    leverage = spread.squares / spread.variances  # (N, R)
    left = np.maximum(1 - spread.share * leverage.sum(axis=1), 0)  # (N,) of the log at s = 0
    if spread.full:
        left[:] = 0
    below = 1 / (spread.variances[:, None] + nodes**2)  # (R, Q)
    taken = spread.share * (spread.squares @ below)  # (N, Q)
    # Two forms of one number: the first has the digits where it is near 1, the second near 0.
    kept = left[:, None] + spread.share * (leverage @ (below * nodes**2))
    tiny = np.finfo(np.float64).tiny
    logs = np.where(taken < 0.5, np.log1p(-np.minimum(taken, 0.5)), np.log(np.maximum(kept, tiny)))
    # Beyond the last node the integrand is -b |z|^2 / s, a geometric series over the nodes.
    tail = spread.share * spread.squares.sum(axis=1) / nodes[-1] / np.expm1(STEP)
    loss: Scores = STEP / np.pi * (logs @ nodes - tail)
    return loss


def _change(spread: _Spread, loss: Scores) -> Scores:
    """The distance without each image less the distance of all, from the change of tr sqrt(H).

    Written as a sum of changes, never as a difference of two distances, to keep the digits.
    """
    n = spread.count
    of_mean = -2 * spread.along / (n - 1) + spread.lengths / (n - 1) ** 2
    of_trace = spread.trace / (n - 2) - n * spread.lengths / ((n - 1) * (n - 2))
    growth = np.sqrt((n - 1) / (n - 2))
    more = np.expm1(0.5 * np.log1p(1 / (n - 2)))  # growth - 1
    coupling = more * np.sqrt(spread.variances).sum() + growth * loss
    change: Scores = of_mean + of_trace - 2 * coupling
    return change
