"""Vendi score: how many clearly different images does this set amount to? Higher is better.

Paper: Friedman and Dieng 2023, arXiv 2210.02410; the orders: Pasarkar and Dieng 2023,
arXiv 2310.12952. It never sees a real image.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from synthset.errors import UsageError
from synthset.metrics.features import Features, check_features, cut_spans, normalise_rows


def vendi_score(features: Features, order: float = 1.0) -> float:
    """Exponential of the entropy of the eigenvalues of the cosine-similarity matrix over N.

    The (N, N) matrix and the (D, D) one have the same eigenvalues besides zeros, so the smaller is
    built: the cost is O(N D min(N, D)).

    Args:
        features: (N, D) float32 or float64; rows are scaled to length 1 here.
        order: of the entropy (Rényi's): 1 is Shannon's and the paper's score, smaller ones count
            rare images more, `math.inf` only looks at the largest group.

    Returns:
        Float in [1, min(N, D)]: 1 for N equal images, N for N orthogonal ones.

    Raises:
        UsageError: as `features.check_features`, a row that is all zero, or an order below 0.
    """
    if not order >= 0:
        raise UsageError(
            f"order: found {order}; it must be 0 or larger, and 1 gives the usual score"
        )
    rows = normalise_rows(check_features(features, "features"), "features")
    count, width = rows.shape
    gram = np.zeros((min(count, width),) * 2)
    if count <= width:
        for span in cut_spans(width):
            block = rows[:, span].astype(np.float64)
            gram += block @ block.T
    else:
        for span in cut_spans(count):
            gram += rows[span].T @ rows[span]  # float32 within a block, float64 across
    values = scipy.linalg.eigvalsh(gram / count)
    exact = count <= width or rows.dtype == np.float64
    noise = (
        values[-1] * np.finfo(np.float64 if exact else np.float32).eps * (len(gram) if exact else 1)
    )
    shares = values[values > noise]  # these sum to 1
    if order == 1:
        return float(np.exp(-(shares * np.log(shares)).sum()))
    if np.isinf(order):
        return float(1 / shares.max())
    return float((shares**order).sum() ** (1 / (1 - order)))
