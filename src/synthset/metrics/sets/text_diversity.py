"""How varied a set of texts is: by its words, and by what a text encoder makes of them.

Paper: Li et al. 2016 (distinct-n), arXiv 1510.03055.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"\w+(?:['’-]\w+)*")


def distinct_n(texts: Iterable[str], n: int) -> float | None:
    """Share of runs of n words that are different ones.

    It falls as texts are added: compare sets with about as many words.

    >>> distinct_n(["a cat at night", "a cat at home"], 1)
    0.625

    Args:
        texts: the texts; one that occurs twice counts twice. Case and marks don't count.
        n: words in a run.

    Returns:
        In (0, 1], higher is more varied; None where no text has n words.
    """
    runs = [run for text in texts for run in _runs(WORD.findall(text.casefold()), n)]
    return len(set(runs)) / len(runs) if runs else None


def mean_cosine_distance(
    features: NDArray[np.float32], times: Sequence[int] | None = None
) -> float | None:
    """Mean cosine distance between two different texts of a set, taken in closed form.

    Args:
        features: (N, D) unit length.
        times: how often each text occurs; once each if not given.

    Returns:
        1 - mean cosine over all pairs, in [0, 2], higher is more varied; None under two texts.
    """
    weights = np.ones(len(features)) if times is None else np.asarray(times, dtype=np.float64)
    count = weights.sum()
    if count < 2:
        return None
    total = weights @ features.astype(np.float64)  # (D,)
    cosines = (total @ total - count) / (count * (count - 1))
    return float(max(1 - cosines, 0.0))


def _runs(words: Sequence[str], n: int) -> Iterable[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(n)), strict=False)
