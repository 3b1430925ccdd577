"""The network that trains where none is named, and the schedule that suits it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from synthset.recipe.training import Preprocessing

SMALL_PX = 64  # up to here the network for small images is the default
SMALL_RESNET = {"kind": "small_resnet"}
RESNET = {"kind": "timm", "name": "resnet18"}
#: Suits `small_resnet`; whoever names an optimiser other than Muon sets the rest as well.
SCHEDULE: dict[str, Any] = {
    "batch_size": 256,
    "optimizer": "muon",
    "momentum": 0.6,
    "decay": "linear",
    "warm_up": 0.0,
    "label_smoothing": 0.1,
    "augmentation": {"shift": 0.0625},
}


def fill_network(content: Any) -> Any:
    """Name the network where settings leave it open, and give `small_resnet` its schedule.

    Args:
        content: of an experiment or a training, before it is checked; anything but a mapping is
            left alone.

    Returns:
        A copy with `model`, and `training` where the model is `small_resnet`: what is set stays.
    """
    if not isinstance(content, Mapping):
        return content
    model = content.get("model")
    if model is None:
        model = SMALL_RESNET if _read_size(content.get("preprocessing")) <= SMALL_PX else RESNET
    elif isinstance(model, str):
        model = {**RESNET, "name": model}
    return {**content, "model": model, **_fill_schedule(model, content.get("training"))}


def _read_size(preprocessing: Any) -> float:
    """Pixels of a side; what is wrong is reported elsewhere."""
    size = _get(preprocessing, "size_px") or Preprocessing().size_px
    return size if isinstance(size, int) else 0


def _fill_schedule(model: Any, training: Any) -> dict[str, Any]:
    if _get(model, "kind") != SMALL_RESNET["kind"] or not (
        training is None or isinstance(training, Mapping)
    ):
        return {}
    given = dict(training or {})
    if given.get("optimizer", "muon") != "muon":
        return {}
    changes = given.get("augmentation", {})
    if isinstance(changes, Mapping):
        given["augmentation"] = {**SCHEDULE["augmentation"], **changes}
    return {"training": {**SCHEDULE, **given}}


def _get(settings: Any, name: str) -> Any:
    if isinstance(settings, BaseModel):
        return getattr(settings, name, None)
    return settings.get(name) if isinstance(settings, Mapping) else None
