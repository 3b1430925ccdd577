"""The Fréchet distance near a target as a sum over pairs of images: what makes swaps cheap.

For a set of k images whose covariance is nearly the target's, with eigenvalues s_i,

    F  ~  const + 1/k^2 sum_ab h(a, b) + 1/k sum_a l(a)
    h(a, b) = a.b + 1/2 sum_ij a_i a_j b_i b_j / (s_i + s_j + d)

for the second derivative of the Bures distance at S is E -> 1/2 sum_ij E_ij^2 / (s_i + s_j). The
matrix 1 / (s_i + s_j + d) is, but for rounding, a sum of a few squares, so h is a few products of
(N, R) matrices. A tangent at another set puts the exact slope there in place of l.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from synthset.metrics.features import cut_spans
from synthset.selection.target import Floats, ProjectedImages, Sums, Target, gradient

DAMPING = 0.02  # of the largest variance: the study found nothing to choose between 0 and 0.1
ACCURACY = 1e-3  # of the largest eigenvalue of the low-rank form
TANGENT_SOFTENING = 1e-4  # a slope that a single image could turn over is worth nothing

Kernel = NDArray[np.float32]  # (N, N)


@dataclass(frozen=True, eq=False)
class TargetKernel:
    """Kernel and linear term of a target."""

    target: Target
    cauchy: Floats  # (R, R) 1 / (s_i + s_j + d), nearly
    factors: Floats  # (Q, R), whose squares sum to it: sum_q f_qi f_qj
    bands: Floats  # (B,) 1 / 4 (T_b + n_b d / 2)

    @classmethod
    def of(cls, target: Target) -> TargetKernel:
        """Prepare the kernel of a target."""
        lead = target.lead
        damping = DAMPING * float(target.variances[0])
        factors = _squares(1 / (lead[:, None] + lead + damping), lead)
        sizes = np.array([band.stop - band.start for band in target.bands], dtype=np.float64)
        bands = 0.25 / (target.energies + sizes * damping / 2)
        # The products of the factors everywhere: where each term rounds the same way, the form is
        # still least at the target.
        return cls(target, factors.T @ factors, factors, bands)

    def between(self, seen: ProjectedImages) -> Kernel:
        """h of all pairs of images, (N, N) float32."""
        along = seen.along.astype(np.float32)
        lead = np.ascontiguousarray(along[:, : self.target.leading])
        kernel: Kernel = along @ along.T
        for factor in self.factors.astype(np.float32):
            product = (lead * factor) @ lead.T
            product *= product
            product *= 0.5
            kernel += product
        scaled = (seen.energy * np.sqrt(self.bands)).astype(np.float32)
        kernel += scaled @ scaled.T
        return kernel

    def pull(self, seen: ProjectedImages, sums: Sums) -> Floats:
        """Sum of h(a, b) over the images b in `sums`, for each image a: (N,) float64."""
        weights = 0.5 * self.cauchy * sums.outer  # (R, R)
        found = np.empty(len(seen))
        for span in cut_spans(len(seen)):
            along = seen.along[span].astype(np.float64)
            lead = along[:, : self.target.leading]
            found[span] = along @ sums.along + np.einsum("nr,nr->n", lead @ weights, lead)
        found += seen.energy @ (self.bands * sums.energy)
        return found

    def of_itself(self, sums: Sums) -> float:
        """Sum of h over all pairs of the images in `sums`, or its value for a change of a set."""
        curved = 0.5 * float((self.cauchy * sums.outer**2).sum())
        return float(sums.along @ sums.along) + curved + float(self.bands @ sums.energy**2)

    def linear(self, seen: ProjectedImages) -> Floats:
        """l of each image, (N,) float64, where the second derivative is taken at the target."""
        lead = np.diag(self.cauchy) * self.target.lead  # (R,)
        squares = seen.lead.astype(np.float64) ** 2
        banded: Floats = seen.energy @ (2 * self.bands * self.target.energies)
        return seen.outside - squares @ lead - banded

    def tangent(self, seen: ProjectedImages, sums: Sums) -> Floats:
        """l of each image, (N,) float64, that gives the form F's own slope at the set of `sums`."""
        _, slope = gradient(self.target, sums, seen, TANGENT_SOFTENING)
        return slope - 2 / sums.n * self.pull(seen, sums)


def _squares(cauchy: Floats, variances: Floats) -> Floats:
    """Factors (Q, R) whose squares sum to the matrix.

    The error counts where images have their energy, so it is spread as a_i a_j ~ sqrt(s_i s_j).
    """
    if not len(variances):
        return np.zeros((0, 0))
    values, vectors = scipy.linalg.eigh(cauchy * np.outer(variances, variances))
    kept = values > ACCURACY * values[-1]
    factors: Floats = (vectors[:, kept] * np.sqrt(values[kept]) / variances[:, None]).T
    return factors
