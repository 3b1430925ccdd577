"""Inception score: are single images clear, and all together varied? Higher is better.

Paper: Salimans et al. 2016, arXiv 1606.03498. exp of the mean divergence of each image's class
probabilities from the mean of all: exp(H(mean p) - mean H(p)). It never sees a real image.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from synthset.errors import UsageError
from synthset.metrics.features import Features, Scores, check_features, cut_spans

SPLITS = 10  # the paper's
SEED = 2020  # torch-fidelity's


@dataclass(frozen=True)
class SplitScores:
    """The score of each split, summed up.

    Attributes:
        mean: in [1, K] for K classes; higher is better.
        std: population standard deviation over the splits.
        values: (splits,) float64.
    """

    mean: float
    std: float
    values: Scores = field(repr=False, compare=False)


def inception_score(logits: Features, splits: int = SPLITS, seed: int | None = SEED) -> SplitScores:
    """Score a set by the logits that a classifier gave its images.

    Args:
        logits: (N, K) float32 or float64, before the softmax.
        splits: how many parts are scored on their own; a part of n images scores at most n, so
            keep N / splits well above K.
        seed: order in which images go into the splits, as torch-fidelity draws it; None keeps the
            order as it is, which is wrong for images that are sorted by class.

    Returns:
        Mean and standard deviation over the splits.

    Raises:
        UsageError: as `features.check_features`, or more splits than images.
    """
    logits = check_features(logits, "logits")
    count = len(logits)
    if not 1 <= splits <= count:
        raise UsageError(
            f"splits: found {splits}; {count} images can be split into 1 to {count} parts"
        )
    order = np.arange(count)
    if seed is not None:
        order = np.random.RandomState(seed).permutation(count)
    values = np.zeros(splits)
    for split in range(splits):
        part = order[split * count // splits : (split + 1) * count // splits]
        mean = np.zeros(logits.shape[1])
        entropy = 0.0
        for span in cut_spans(len(part)):
            probabilities, row_entropies = _from_logits(logits[part[span]])
            mean += probabilities.sum(axis=0, dtype=np.float64)
            entropy += row_entropies.sum()
        _, of_mean = entropies(mean[None] / len(part))
        values[split] = np.exp(of_mean[0] - entropy / len(part))
    return SplitScores(float(values.mean()), float(values.std()), values)


def check_probabilities(probabilities: Features) -> Features:
    """Refuse rows that are not class probabilities; returns (N, K), as `features.check_features`.

    Raises:
        UsageError: a negative entry, or a row whose sum is further than 1e-3 from 1.
    """
    probabilities = check_features(probabilities, "probabilities")
    off = np.abs(probabilities.sum(axis=1) - 1).max()
    if probabilities.min() < 0 or off > 1e-3:
        raise UsageError(
            f"probabilities: smallest entry {probabilities.min():.3g}, and a row sum {off:.3g} "
            "away from 1; give softmax outputs, or logits to the function for logits"
        )
    return probabilities


def entropies(probabilities: Features) -> tuple[Features, Scores]:
    """The rows as they are, and the entropy of each in nats, (N,) float64; 0 log 0 is 0."""
    safe = np.where(probabilities > 0, probabilities, 1)
    entropy: Scores = -np.einsum("nk,nk->n", probabilities, np.log(safe)).astype(np.float64)
    return probabilities, entropy


def _from_logits(logits: Features) -> tuple[Features, Scores]:
    """Probabilities (N, K) and the entropy of each row (N,), from one pass of exp."""
    shifted = logits - logits.max(axis=1, keepdims=True)  # (N, K), at most 0
    weights = np.exp(shifted)
    totals = weights.sum(axis=1)  # (N,)
    entropy: Scores = np.log(totals) - np.einsum("nk,nk->n", weights, shifted) / totals
    weights /= totals[:, None]
    return weights, entropy.astype(np.float64)
