"""The encoder of a pool's index: its settings, and all that decides its features."""

from __future__ import annotations

from typing import Any

from synthset.encoders.models import fingerprint_encoder, hash_weights
from synthset.errors import RecipeError, did_you_mean
from synthset.kinds import list_kinds
from synthset.recipe.encoders import Encoder
from synthset.recipe.messages import read_settings


def parse_encoder(content: dict[str, Any]) -> Encoder:
    """Read an encoder's settings; `kind` is a known one.

    Raises:
        RecipeError: no such setting.
    """
    known = list_kinds("encoders").usable
    if content["kind"] not in known:
        found = f"unknown kind {content['kind']!r}"
        raise RecipeError("encoder.kind", found, did_you_mean(content["kind"], known))
    kind: type[Encoder] = known[content["kind"]].settings
    return read_settings(content, kind)


def describe_encoder(encoder: Encoder) -> dict[str, Any]:
    """All that decides features: settings, code version, weights."""
    return {
        "settings": encoder.identity(),
        "fingerprint": fingerprint_encoder(encoder),
        "weights": hash_weights(encoder),
        "version": encoder.version,
    }
