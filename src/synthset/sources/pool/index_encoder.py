"""The encoder of a pool's index: its settings, and all that decides its features."""

from __future__ import annotations

from typing import Any

from synthset.encoders.models import encoder_fingerprint, weights_sha256
from synthset.errors import RecipeError, did_you_mean
from synthset.kinds import kinds
from synthset.recipe.encoders import Encoder
from synthset.recipe.messages import checked


def settings_of(content: dict[str, Any]) -> Encoder:
    """Read an encoder's settings; `kind` is a known one.

    Raises:
        RecipeError: no such setting.
    """
    known = kinds("encoders").usable
    if content["kind"] not in known:
        found = f"unknown kind {content['kind']!r}"
        raise RecipeError("encoder.kind", found, did_you_mean(content["kind"], known))
    kind: type[Encoder] = known[content["kind"]].settings
    return checked(content, kind)


def encoder_facts(encoder: Encoder) -> dict[str, Any]:
    """All that decides features: settings, code version, weights."""
    return {
        "settings": encoder.identity(),
        "fingerprint": encoder_fingerprint(encoder),
        "weights": weights_sha256(encoder),
        "version": encoder.version,
    }
