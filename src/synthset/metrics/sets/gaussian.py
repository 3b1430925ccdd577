"""A set as a Gaussian: mean and covariance, also of more images than fit into memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from synthset.errors import UsageError
from synthset.metrics.features import BLOCK, Features, check_features

Matrix = NDArray[np.float64]

# Below this many images per feature the smallest eigenvalues are so near to zero that float32
# products would show in the square roots: accumulate in float64 there. (Measured:
# benchmarks/RESULTS.md.)
EXACT_BELOW = 4


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Mean and covariance of a set of features: all that the Fréchet distance sees of it.

    Attributes:
        mean: (D,) float64.
        cov: (D, D) float64, symmetric, unbiased (divided by n - 1).
        n: how many images it was made of, 2 or more. The rank of `cov` is at most n - 1.
    """

    mean: Matrix
    cov: Matrix
    n: int


class GaussianAccumulator:
    """Mean and covariance of more features than fit into memory, block by block.

    Rows are collected into blocks of 2,048, so that cutting the stream elsewhere changes nothing,
    not even the last bit. Each block is centred by a pilot mean (the first block's) before it is
    multiplied, then summed in float64: float32 products then cost 1e-7 of the covariance, and move
    a Fréchet distance by some 1e-9 of the traces. `exact` multiplies in float64, at twice the time.

    >>> accumulator = GaussianAccumulator()
    >>> for block in np.split(np.arange(12.0).reshape(6, 2), 3):
    ...     accumulator.add(block)
    >>> accumulator.gaussian().mean
    array([5., 6.])
    """

    def __init__(self, exact: bool = False) -> None:
        self._exact = exact
        self._waiting: list[Features] = []  # less than one block
        self._moments: _Moments | None = None

    @property
    def n(self) -> int:
        """Images so far."""
        return self._waiting_rows + (self._moments.n if self._moments else 0)

    def add(self, block: Features) -> None:
        """Take in more images.

        Args:
            block: (N, D) float32 or float64, N of any size (0 too), D as in the first block.

        Raises:
            UsageError: as `features.check_features`, or another D than before.
        """
        block = check_features(block, "block", at_least=0)
        if self._width not in (None, block.shape[1]):
            raise UsageError(f"found a block of {block.shape[1]} features after {self._width}")
        while len(block):
            rows = block[: BLOCK - self._waiting_rows]
            block = block[len(rows) :]
            if len(rows) == BLOCK:
                self._moments = self._add(rows, self._exact)
                continue
            self._waiting.append(rows.copy())
            if self._waiting_rows == BLOCK:
                self._moments = self._add(np.concatenate(self._waiting), self._exact)
                self._waiting = []

    def merge(self, other: GaussianAccumulator) -> None:
        """Take in what another accumulator has seen, as another worker's share.

        The result equals one accumulator over all rows to rounding (not bit for bit: sums are
        ordered otherwise). `other` keeps what it holds.

        Raises:
            UsageError: `other` saw features of another width.
        """
        if other.n and self._width not in (None, other._width):
            raise UsageError(f"cannot merge {other._width} features into {self._width}")
        for block in other._waiting:
            self.add(block)
        if other._moments and self._moments:
            self._moments.merge(other._moments)
        elif other._moments:
            self._moments = other._moments.copy()

    def gaussian(self) -> Gaussian:
        """Mean and covariance of everything so far; more may be added afterwards.

        Raises:
            UsageError: fewer than two images, which have no covariance.
        """
        if self.n < 2:
            raise UsageError(f"found {self.n} images; a covariance needs 2 or more")
        moments = self._moments
        if self._waiting:
            # A set that fits into one block is small, so it is always exact.
            exact = self._exact or moments is None
            rows = np.concatenate(self._waiting)
            moments = moments.copy() if moments else _Moments.around(rows)
            moments.add(rows, np.float64 if exact else rows.dtype)
        assert moments is not None
        return moments.gaussian()

    @property
    def _waiting_rows(self) -> int:
        return sum(len(block) for block in self._waiting)

    @property
    def _width(self) -> int | None:
        if self._waiting:
            return int(self._waiting[0].shape[1])
        return len(self._moments.pilot) if self._moments else None

    def _add(self, rows: Features, exact: bool) -> _Moments:
        moments = self._moments or _Moments.around(rows)
        moments.add(rows, np.float64 if exact else rows.dtype)
        return moments


@dataclass(eq=False)
class _Moments:
    """Sums of rows less a pilot mean, and of their outer products; they grow in place."""

    n: int
    pilot: Matrix  # (D,)
    total: Matrix  # (D,)
    scatter: Matrix  # (D, D)

    @classmethod
    def around(cls, rows: Features) -> _Moments:
        # Rounded to the features' dtype, so that subtracting it shifts every row alike.
        pilot = rows.mean(axis=0, dtype=np.float64).astype(rows.dtype).astype(np.float64)
        return cls(0, pilot, np.zeros(len(pilot)), np.zeros((len(pilot), len(pilot))))

    def copy(self) -> _Moments:
        return _Moments(self.n, self.pilot, self.total.copy(), self.scatter.copy())

    def add(self, rows: Features, dtype: DTypeLike) -> None:
        centred = rows.astype(dtype, copy=False) - self.pilot.astype(dtype)  # (N, D)
        self.n += len(rows)
        self.total += centred.sum(axis=0, dtype=np.float64)
        self.scatter += centred.T @ centred  # a symmetric product: half the work of a general one

    def merge(self, other: _Moments) -> None:
        shift = other.pilot - self.pilot  # (D,)
        cross = np.outer(shift, other.total)  # (D, D)
        self.scatter += other.scatter + cross + cross.T + other.n * np.outer(shift, shift)
        self.total += other.total + other.n * shift
        self.n += other.n

    def gaussian(self) -> Gaussian:
        shift = self.total / self.n  # (D,)
        cov = self.scatter - self.n * np.outer(shift, shift)
        cov /= self.n - 1
        return Gaussian(self.pilot + shift, cov, self.n)


def gaussian(features: Features) -> Gaussian:
    """Summarise a set of features by its mean and covariance.

    Args:
        features: (N, D) float32 or float64, N >= 2. From 4 D images on, float32 features are
            multiplied in float32 and summed in float64; below, everything is float64.

    Returns:
        float64 mean (D,), unbiased covariance (D, D), and N.

    Raises:
        UsageError: as `features.check_features`.
    """
    features = check_features(features, "features", at_least=2)
    accumulator = GaussianAccumulator(exact=len(features) < EXACT_BELOW * features.shape[1])
    accumulator.add(features)
    return accumulator.gaussian()
