"""Any timm classifier: its pooled features and its logits."""

from __future__ import annotations

import math
from functools import cached_property
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from timm.data import resolve_model_data_config
from torch import Tensor, nn

from synthset.encoders.device import prepare_model
from synthset.encoders.encoder import Encoder, normalise
from synthset.encoders.loading import explain_errors
from synthset.encoders.models import HUB, find_folder
from synthset.encoders.resize import Resize
from synthset.errors import ModelError
from synthset.recipe.encoders import ClassifierEncoder


class ClassifierStage(Encoder):
    """What enters a classifier's last layer, and what comes out of it.

    A model without a last layer (DINOv2, say) gives features alone.
    """

    def __init__(self, settings: ClassifierEncoder) -> None:
        self.settings: ClassifierEncoder = settings

    @cached_property
    def _sizes(self) -> tuple[int, int]:
        """D and K, from the network without numbers in it."""
        with _explain_errors(self.settings), torch.device("meta"):
            outline = _build_network(self.settings)
        return int(getattr(outline, "head_hidden_size", outline.num_features)), outline.num_classes

    @property
    def width(self) -> int:
        return self._sizes[0]

    @property
    def classes(self) -> int:
        return self._sizes[1]

    def open(self) -> None:
        """Load the model.

        Raises:
            ModelError: it cannot be had, its weights do not fit, or it wants images in a way that
                is not supported.
        """
        with _explain_errors(self.settings):
            model = _load_network(self.settings)
        config = resolve_model_data_config(model)
        self.resize = _resize(self.settings.model, config)
        self._mean, self._std = config["mean"], config["std"]
        self._model: Any = prepare_model(model, self.device, self.dtype)

    def forward(self, batch: Tensor) -> tuple[Tensor, Tensor | None]:
        pixels = normalise(batch, self._mean, self._std)
        pixels = pixels.to(self.dtype, memory_format=torch.channels_last)
        maps = self._model.forward_features(pixels)
        features = self._model.forward_head(maps, pre_logits=True).flatten(1)  # (N, D)
        return features, self._model.forward_head(maps) if self.classes else None  # (N, K)


def _timm_name(settings: ClassifierEncoder) -> str:
    folder = find_folder(settings)
    return f"local-dir:{folder}" if folder else settings.model


def _build_network(settings: ClassifierEncoder) -> Any:
    """Build the network, with as many classes as the weight file has if one is given."""
    name = _timm_name(settings)
    model = timm.create_model(name, pretrained=False)
    if settings.weights is None:
        return model
    last = model.get_classifier()
    head = next((path for path, module in model.named_modules() if module is last), "")
    classes = _classes_in(settings.weights, head)
    if classes not in (None, model.num_classes):
        model = timm.create_model(name, pretrained=False, num_classes=classes)
    return model


def _load_network(settings: ClassifierEncoder) -> nn.Module:
    if settings.weights is None:
        model: nn.Module = timm.create_model(_timm_name(settings), pretrained=True)
        return model
    model = _build_network(settings)
    model.load_state_dict(load_file(Path(settings.weights).expanduser()))
    return model


def _classes_in(weights: str, head: str) -> int | None:
    """Read from a file's header how many classes its last layer, named `head`, has."""
    with safe_open(Path(weights).expanduser(), "pt") as opened:
        name = f"{head}.weight"
        return int(opened.get_slice(name).get_shape()[0]) if name in opened.keys() else None  # noqa: SIM118


def _resize(model: str, config: dict[str, Any]) -> Resize:
    """Describe the preprocessing that timm evaluates the model with."""
    _, height, width = config["input_size"]
    kernel, mode = config["interpolation"], config["crop_mode"]
    if height != width:
        raise ModelError(
            f"{model} takes images of {width} x {height} pixels; only square images are supported"
        )
    if kernel not in ("bicubic", "bilinear") or mode not in ("center", "squash"):
        raise ModelError(
            f"{model} resizes its images by {kernel!r} and crops them by {mode!r}, but only "
            "bicubic or bilinear, center or squash are supported; use another classifier"
        )
    eight_bit: Any = f"{kernel}-8bit"
    scale = math.floor(height / config["crop_pct"])
    return Resize(height, eight_bit, scale, keep_aspect=mode == "center")


def _explain_errors(settings: ClassifierEncoder) -> Any:
    weights = f" with {settings.weights}" if settings.weights else ""
    if settings.weights or find_folder(settings):
        advice = "give weights that timm saved for exactly this architecture"
    else:
        advice = (
            f"check the name and the network, or give a local folder ({HUB}… names a hub model)"
        )
    return explain_errors(f"the classifier {settings.model!r}{weights}", advice)
