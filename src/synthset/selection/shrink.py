"""A target from few real images, pulled towards the candidates as far as the few cannot be trusted.

Papers: Ledoit and Wolf 2004, "A well-conditioned estimator for large-dimensional covariance
matrices", for the covariance; James and Stein 1961 for the mean. Both pull towards a guess by what
the noise of the estimate is, over how far it lies from the guess. The guess is the candidates' own
Gaussian and not a round one: where the real images say nothing, nothing should be chosen by them,
and a random draw is what is nearest to the candidates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthset.metrics.features import Features
from synthset.metrics.sets.gaussian import Gaussian, gaussian

TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True, eq=False)
class Shrunk:
    """A target, and how much of it is guessed.

    Attributes:
        gaussian: the target; its n bounds the rank, so it counts the guess's images where they are
            in the covariance.
        of_mean: share of the guess in the mean, [0, 1].
        of_cov: share of the guess in the covariance, [0, 1].
    """

    gaussian: Gaussian
    of_mean: float
    of_cov: float


def shrink_covariance(real: Features, guess: Gaussian) -> Shrunk:
    """Estimate mean and covariance of a class from its real images.

    Args:
        real: (N, D) float32 or float64, N >= 1. With one image the covariance is the guess's.
        guess: mean and covariance of the candidates; its covariance is scaled to the real trace.

    Returns:
        The target, and the shares of the guess in it. They fall as 1/N.
    """
    if len(real) < 2:
        mean, cov, n, of_cov = real.mean(axis=0, dtype=np.float64), guess.cov, guess.n, 1.0
    else:
        sample = gaussian(real)
        mean, n = sample.mean, sample.n
        scale = float(np.trace(sample.cov)) / max(float(np.trace(guess.cov)), TINY)
        apart = scale * guess.cov - sample.cov
        of_cov = _share(_noise(real, sample), float((apart**2).sum()))
        cov = sample.cov + of_cov * apart
        n += guess.n if of_cov else 0
    shift = mean - guess.mean
    of_mean = _share(float(np.trace(cov)) / len(real), float(shift @ shift))
    return Shrunk(Gaussian(mean - of_mean * shift, cov, n), of_mean, of_cov)


def _share(noise: float, apart: float) -> float:
    return min(1.0, noise / apart) if apart > 0 else 1.0


def _noise(real: Features, sample: Gaussian) -> float:
    """Expected squared error of the covariance, summed over its entries."""
    n = len(real)
    # Around their own mean the images lie nearer than around the true one.
    lengths = ((real - sample.mean) ** 2).sum(axis=1) * (n / (n - 1))  # (N,)
    size = float((sample.cov**2).sum())
    return max(float((lengths**2).sum()) / n - size, 0.0) / (n - 1)
