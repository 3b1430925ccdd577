"""Distances between rows, block by block: what neighbourhood metrics stand on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthset.metrics.features import Features, Scores, cut_spans

BLOCK = 2048


@dataclass(frozen=True, eq=False)
class CentredRows:
    """Centred features and their squared lengths.

    Attributes:
        values: (N, D) float32 or float64, less a common centre: without it, float32 distances of
            features that lie far from the origin have no digits.
        squared: (N,) squared length of each row.
    """

    values: Tensor
    squared: Tensor

    @classmethod
    def of(cls, features: Features, centre: Scores, device: str) -> CentredRows:
        """Move (N, D) features to a device, less a (D,) centre."""
        values = torch.from_numpy(features - centre.astype(features.dtype)).to(device)
        return cls(values, values.square().sum(dim=1))

    def __getitem__(self, span: slice) -> CentredRows:
        return CentredRows(self.values[span], self.squared[span])

    def __len__(self) -> int:
        return len(self.values)


def squared_distances(a: CentredRows, b: CentredRows) -> Tensor:
    """(N, M) squared Euclidean distances; what is within rounding of 0 is 0."""
    distances = torch.addmm(b.squared, a.values, b.values.T, alpha=-2)  # (N, M)
    distances += a.squared[:, None]
    rounding = 8 * torch.finfo(distances.dtype).eps * float(a.squared.mean() + b.squared.mean())
    torch.nn.functional.threshold(distances, rounding, 0.0, inplace=True)
    return distances


def walk_blocks(a: CentredRows, b: CentredRows) -> Iterator[tuple[slice, slice, Tensor]]:
    """Walk over the (N, M) squared distances: rows of `a`, rows of `b`, the block."""
    for one in cut_spans(len(a), BLOCK):
        for other in cut_spans(len(b), BLOCK):
            yield one, other, squared_distances(a[one], b[other])


def kth_within(rows: CentredRows, k: int) -> Tensor:
    """(N,) squared distance of each row to its k-th nearest other row.

    Each pair of blocks is multiplied once: it serves the rows of the one and of the other.
    """
    nearest = rows.values.new_full((len(rows), k), torch.inf)
    for one in cut_spans(len(rows), BLOCK):
        for other in cut_spans(len(rows), BLOCK):
            if other.start < one.start:
                continue
            distances = squared_distances(rows[one], rows[other])
            if one == other:
                distances.fill_diagonal_(torch.inf)
            else:
                nearest[other] = _smallest(nearest[other], distances.T, k)
            nearest[one] = _smallest(nearest[one], distances, k)
    return nearest.amax(dim=1)


def kth_across(rows: CentredRows, others: CentredRows, k: int) -> Tensor:
    """(N,) squared distance of each row to its k-th nearest among the others."""
    nearest = rows.values.new_full((len(rows), k), torch.inf)
    for one, _, distances in walk_blocks(rows, others):
        nearest[one] = _smallest(nearest[one], distances, k)
    return nearest.amax(dim=1)


class Nearest:
    """The nearest row of the other set so far, for each row of one.

    Attributes:
        squared: (N,) squared distance; infinite before the first block.
        index: (N,) int64, which row of the other set; the first of equally near ones.
    """

    def __init__(self, rows: CentredRows) -> None:
        self.squared = rows.values.new_full((len(rows),), torch.inf)
        self.index = torch.zeros(len(rows), dtype=torch.int64, device=rows.values.device)

    def see(self, squared: Tensor, index: Tensor, at: slice) -> None:
        """Take in the nearest of one more block, for the rows `at`."""
        closer = squared < self.squared[at]
        self.squared[at] = torch.where(closer, squared, self.squared[at])
        self.index[at] = torch.where(closer, index, self.index[at])

    def distances(self) -> Scores:
        """(N,) float64, no longer squared."""
        return root(self.squared)

    def indices(self) -> NDArray[np.int64]:
        """(N,) int64."""
        indices: NDArray[np.int64] = self.index.cpu().numpy()
        return indices


def root(squared: Tensor) -> Scores:
    """Distances from squared distances, (N,) float64 on the CPU."""
    distances: Scores = squared.double().sqrt().cpu().numpy()
    return distances


def _smallest(so_far: Tensor, distances: Tensor, k: int) -> Tensor:
    """The k smallest of each row of both, (B, k) and (B, M) to (B, k)."""
    among = min(k, distances.shape[1])
    found = distances.topk(among, dim=1, largest=False, sorted=False).values
    return torch.cat([so_far, found], dim=1).topk(k, dim=1, largest=False, sorted=False).values
