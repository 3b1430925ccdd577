"""Metrics of images from arrays of features, without a recipe or a dataset.

    from synthset import metrics

    metrics.fid(real, generated)  # (N, 2048) and (M, 2048) Inception features

Each is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

_PLACES = {
    "clip_score": "images.clip_score:clip_score_from_features",
    "cmmd": "sets.cmmd:cmmd",
    "fid": "sets.fid:frechet_distance_from_features",
    "frechet_distance": "sets.fid:frechet_distance",
    "gaussian": "sets.gaussian:gaussian",
    "inception_score": "sets.inception_score:inception_score",
    "kid": "sets.kid:kid",
    "kid_full": "sets.kid:kid_full",
    "prdc": "sets.prdc:prdc",
    "recognise": "sets.recognition:recognise",
    "recognition_rate": "sets.recognition:recognition_rate",
    "vendi_score": "sets.vendi:vendi_score",
}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'synthset.metrics' has no attribute {name!r}")
    module, _, function = _PLACES[name].partition(":")
    return getattr(import_module(f"synthset.metrics.{module}"), function)
