"""Metrics of images from arrays of features, without a recipe or a dataset.

    from synthset import metrics

    metrics.fid(real, generated)  # (N, 2048) and (M, 2048) Inception features

Each is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthset.lazy import offer

if TYPE_CHECKING:
    from synthset.metrics.images.clip_score import clip_score_from_features as clip_score
    from synthset.metrics.sets.cmmd import cmmd
    from synthset.metrics.sets.fid import frechet_distance
    from synthset.metrics.sets.fid import frechet_distance_from_features as fid
    from synthset.metrics.sets.gaussian import gaussian
    from synthset.metrics.sets.inception_score import inception_score
    from synthset.metrics.sets.kid import kid, kid_full
    from synthset.metrics.sets.prdc import prdc
    from synthset.metrics.sets.recognition import recognise, recognition_rate
    from synthset.metrics.sets.vendi import vendi_score

__all__ = [
    "clip_score",
    "cmmd",
    "fid",
    "frechet_distance",
    "gaussian",
    "inception_score",
    "kid",
    "kid_full",
    "prdc",
    "recognise",
    "recognition_rate",
    "vendi_score",
]

__getattr__, __dir__ = offer(
    __name__,
    {
        "clip_score": "synthset.metrics.images.clip_score:clip_score_from_features",
        "cmmd": "synthset.metrics.sets.cmmd:cmmd",
        "fid": "synthset.metrics.sets.fid:frechet_distance_from_features",
        "frechet_distance": "synthset.metrics.sets.fid:frechet_distance",
        "gaussian": "synthset.metrics.sets.gaussian:gaussian",
        "inception_score": "synthset.metrics.sets.inception_score:inception_score",
        "kid": "synthset.metrics.sets.kid:kid",
        "kid_full": "synthset.metrics.sets.kid:kid_full",
        "prdc": "synthset.metrics.sets.prdc:prdc",
        "recognise": "synthset.metrics.sets.recognition:recognise",
        "recognition_rate": "synthset.metrics.sets.recognition:recognition_rate",
        "vendi_score": "synthset.metrics.sets.vendi:vendi_score",
    },
)
