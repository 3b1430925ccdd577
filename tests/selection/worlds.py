"""Toy worlds: a class of real images, and a generator that draws some of it well."""

from __future__ import annotations

import numpy as np

from synthset.metrics.sets.gaussian import Gaussian, gaussian

WIDTH = 24
SPECTRUM = np.arange(1, WIDTH + 1) ** -0.5


def real(count, seed=0):
    """(count, 24) features of real images."""
    return np.random.default_rng([1, seed]).standard_normal((count, WIDTH)) * SPECTRUM


def candidates(good, bad, seed=0):
    """First the good, which are like real ones, then the bad: moved and with less variety."""
    rng = np.random.default_rng([2, seed])
    poor = rng.standard_normal((bad, WIDTH)) * SPECTRUM * 0.6 + 0.8 * SPECTRUM
    return np.concatenate([rng.standard_normal((good, WIDTH)) * SPECTRUM, poor])


def as_it_is(features):
    """The Gaussian of a set that is all there is: its covariance divided by n."""
    found = gaussian(features)
    return Gaussian(found.mean, found.cov * (found.n - 1) / found.n, found.n)
