"""Precision, recall, density and coverage: do the two clouds lie in each other's neighbourhoods?

Papers: Kynkäänniemi et al. 2019, arXiv 1904.06991 (precision, recall); Naeem et al. 2020,
arXiv 2002.09797 (density, coverage). A ball around each image reaches to its k-th neighbour in its
own set. Balls are open (nearer than, not as near as), as in the second paper's code; torch-fidelity
closes them, which differs only where distances tie exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthset.errors import UsageError
from synthset.metrics.distances import CentredRows, Nearest, kth_within, root, walk_blocks
from synthset.metrics.features import Features, Scores, check_pair

K = 5  # Naeem et al.; Kynkäänniemi et al. and torch-fidelity use 3


@dataclass(frozen=True)
class PrdcFigures:
    """The four figures; higher is better.

    Attributes:
        precision: share of generated images inside the ball of a real one, [0, 1].
        recall: share of real images inside the ball of a generated one, [0, 1].
        density: mean number of real balls around a generated image, over k; about 1 for equal
            distributions, and more where generated images crowd where real ones are dense.
        coverage: share of real images with a generated one in their ball, [0, 1]; about
            1 - 2^-k for equal distributions and sizes.
    """

    precision: float
    recall: float
    density: float
    coverage: float


@dataclass(frozen=True, eq=False)
class Neighbourhoods:
    """What the four figures are made of, image by image.

    Attributes:
        real_radius: (N,) float64, distance of each real image to its k-th real neighbour.
        generated_radius: (M,) float64, the same among the generated ones.
        balls_around: (M,) int64, how many real balls hold this generated image.
        recalled: (N,) bool, this real image lies in a generated ball.
        nearest_generated: (N,) int64, index of the generated image nearest to this real one.
        nearest_generated_distance: (N,) float64, and how far it is.
        nearest_real: (M,) int64, index of the real image nearest to this generated one.
        nearest_real_distance: (M,) float64, and how far it is.
    """

    real_radius: Scores
    generated_radius: Scores
    balls_around: NDArray[np.int64]
    recalled: NDArray[np.bool_]
    nearest_generated: NDArray[np.int64]
    nearest_generated_distance: Scores
    nearest_real: NDArray[np.int64]
    nearest_real_distance: Scores

    @property
    def covered(self) -> NDArray[np.bool_]:
        """(N,) bool, this real image has a generated one in its ball."""
        return self.nearest_generated_distance < self.real_radius

    @property
    def covers(self) -> NDArray[np.int64]:
        """(M,) how many covered real images each generated one is the nearest to.

        They sum to the number of covered real images, so this splits coverage among its makers.
        """
        return np.bincount(self.nearest_generated[self.covered], minlength=len(self.balls_around))


def prdc(real: Features, generated: Features, k: int = K, device: str = "cpu") -> PrdcFigures:
    """Measure precision, recall, density and coverage, without any (N, M) matrix in memory.

    Compare only numbers of the same N, M and k.

    Args:
        real: (N, D) float32 or float64. float32 features are compared in float32: distances below
            about a thousandth of the features' length then count as 0.
        generated: (M, D).
        k: which neighbour a ball reaches to, 1 to min(N, M) - 1.
        device: where the products run; memory there is the features and O(block^2).

    Returns:
        The four figures.

    Raises:
        UsageError: as `features.check_pair`, or k out of range.
    """
    return summarise(find_neighbourhoods(real, generated, k, device), k)


def summarise(found: Neighbourhoods, k: int) -> PrdcFigures:
    """The four figures of neighbourhoods that were found with this `k`."""
    return PrdcFigures(
        precision=float((found.balls_around > 0).mean()),
        recall=float(found.recalled.mean()),
        density=float(found.balls_around.mean() / k),
        coverage=float(found.covered.mean()),
    )


def find_neighbourhoods(
    real: Features, generated: Features, k: int = K, device: str = "cpu"
) -> Neighbourhoods:
    """Find every image's ball, and who lies in whose.

    Args:
        real: (N, D) float32 or float64.
        generated: (M, D).
        k: which neighbour a ball reaches to, 1 to min(N, M) - 1.
        device: where the products run.

    Returns:
        Figures for each image; distances are Euclidean.

    Raises:
        UsageError: as `features.check_pair`, or k out of range.
    """
    real, generated = check_pair(real, generated, at_least=2)
    smaller = min(len(real), len(generated))
    if not 1 <= k < smaller:
        raise UsageError(
            f"k: found {k}; with {smaller} images in the smaller set, it must be 1 to {smaller - 1}"
        )
    real_rows = CentredRows.of(real, real.mean(axis=0, dtype=np.float64), device)
    real_squared = kth_within(real_rows, k)
    # A set far from the other, or far tighter, keeps its digits only around its own mean.
    own_rows = CentredRows.of(generated, generated.mean(axis=0, dtype=np.float64), device)
    generated_squared = kth_within(own_rows, k)
    rows = CentredRows.of(generated, real.mean(axis=0, dtype=np.float64), device)
    return _compare(real_rows, rows, real_squared, generated_squared)


def _compare(
    real: CentredRows, generated: CentredRows, real_squared: Tensor, generated_squared: Tensor
) -> Neighbourhoods:
    device = real.values.device
    balls_around = torch.zeros(len(generated), dtype=torch.int64, device=device)
    recalled = torch.zeros(len(real), dtype=torch.bool, device=device)
    to_generated, to_real = Nearest(real), Nearest(generated)
    for one, other, distances in walk_blocks(real, generated):
        balls_around[other] += (distances < real_squared[one, None]).sum(dim=0)
        recalled[one] |= (distances < generated_squared[other]).any(dim=1)
        squared, index = distances.min(dim=1)
        to_generated.see(squared, index + other.start, one)
        squared, index = distances.min(dim=0)
        to_real.see(squared, index + one.start, other)
    return Neighbourhoods(
        real_radius=root(real_squared),
        generated_radius=root(generated_squared),
        balls_around=balls_around.cpu().numpy(),
        recalled=recalled.cpu().numpy(),
        nearest_generated=to_generated.indices(),
        nearest_generated_distance=to_generated.distances(),
        nearest_real=to_real.indices(),
        nearest_real_distance=to_real.distances(),
    )
