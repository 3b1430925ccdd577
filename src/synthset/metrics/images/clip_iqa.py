"""CLIP-IQA: is a picture nearer to "good photo" or to "bad photo"? Higher is better.

Paper: Wang, Chan and Loy 2022, arXiv 2207.12396
"""

from __future__ import annotations

import numpy as np

from synthset.errors import UsageError
from synthset.metrics.features import Features, Scores, check_pair, normalise_rows

SCALE = 100.0  # CLIP's own, of cosines before a softmax


def clip_iqa(images: Features, texts: Features) -> Scores:
    """Give each image the share of the first of two opposite texts in a softmax over both.

    Args:
        images: (N, D) features of images; rows are scaled to length 1 here.
        texts: (2, D) features of both texts, the good one first.

    Returns:
        (N,) float64 in [0, 1]; 0.5 where both are equally near.

    Raises:
        UsageError: as `features.check_pair`, a row that is all zero, or other than two texts.
    """
    if len(texts) != 2:
        raise UsageError(f"texts: found {len(texts)}; give a pair of opposite texts")
    images, texts = check_pair(images, texts)
    cosines = normalise_rows(images, "images") @ normalise_rows(texts, "texts").T  # (N, 2)
    apart = SCALE * (cosines[:, 1] - cosines[:, 0]).astype(np.float64)
    share: Scores = 1 / (1 + np.exp(apart))
    return share
