"""Asks a trained classifier."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter
from safetensors.torch import load_file
from torch import Tensor, nn

from synthset.encoders.device import pick_device
from synthset.errors import DatasetError
from synthset.recipe.training import Model, Preprocessing
from synthset.training.checkpoint import CONFIG, MODEL, read_config
from synthset.training.labelled import LabelledImages
from synthset.training.models import Classifier, build
from synthset.training.pixels import Prepared
from synthset.training.precision import autocast, pick_precision


class Ready(Protocol):
    """Images as a model sees them, such as `Prepared`."""

    def __len__(self) -> int: ...
    def take(self, indices: NDArray[np.int64], /) -> NDArray[np.uint8]: ...


def predict(
    model: nn.Module,
    images: LabelledImages,
    preprocessing: Preprocessing,
    batch_size: int = 256,
    device: str = "auto",
    precision: str = "auto",
) -> NDArray[np.float32]:
    """Ask for the probabilities of each class.

    Args:
        model: of `train_classifier` or `load_classifier`; it is moved to the device.
        images: N of them; their labels are not looked at.
        preprocessing: that of the training.
        batch_size: images at a time.
        device: `auto`, `cpu`, `mps`, `cuda` or `cuda:1`.
        precision: `auto`, `float32`, `bfloat16` or `float16`; the last layer is always float32.

    Returns:
        (N, K) float32 in rows that sum to 1.
    """
    ready = _prepare(model, device)
    prepared = Prepared(images, preprocessing, training=False)
    logits = ask_all(ready, ready, prepared, batch_size, precision)
    return torch.softmax(logits.double(), dim=1).float().numpy()


def extract_features(
    model: nn.Module,
    images: LabelledImages,
    preprocessing: Preprocessing,
    batch_size: int = 256,
    device: str = "auto",
    precision: str = "auto",
) -> NDArray[np.float32]:
    """Read what enters the last layer: (N, D) float32, not of unit length. Arguments as those of
    `predict`."""
    ready = _prepare(model, device)
    prepared = Prepared(images, preprocessing, training=False)
    return ask_all(ready, ready.features, prepared, batch_size, precision).numpy()


def load_classifier(folder: Path) -> Classifier:
    """Load what a finished training has left, in evaluation mode on the CPU.

    Raises:
        DatasetError: no training has finished there.
    """
    config = read_config(folder)
    if config is None:
        raise DatasetError(
            f"{folder}: contains no {CONFIG} of a finished training; train first, or name another "
            "folder"
        )
    settings: Model = TypeAdapter(Model).validate_python(config["model"])
    saved = load_file(folder / MODEL)
    with torch.random.fork_rng(devices=[]):  # first weights are drawn, and then overwritten
        model = build(settings, config["classes"], config["preprocessing"]["size_px"], saved)
    if "offsets" in config:
        model.offsets = torch.tensor(config["offsets"])
    return model.eval()


@torch.inference_mode()
def ask_all(
    model: nn.Module,
    ask: Callable[[Tensor], Tensor],
    images: Ready,
    batch_size: int,
    precision: str,
    chosen: NDArray[np.int64] | None = None,
) -> Tensor:
    """Call a model on images in turn.

    Args:
        model: in evaluation mode, in its place.
        ask: the model, or a method of it.
        images: as the model sees them.
        batch_size: images at a time.
        precision: arithmetic.
        chosen: (n,) which images; none takes all.

    Returns:
        (n, ...) float32 on the CPU.
    """
    device = next(model.parameters()).device
    dtype = pick_precision(precision, device)
    rows = np.arange(len(images)) if chosen is None else chosen
    answers = []
    for start in range(0, len(rows), batch_size):
        batch = to_batch(images.take(rows[start : start + batch_size]), device)
        with autocast(device, dtype):
            answers.append(ask(batch).float().cpu())
    return torch.cat(answers) if answers else torch.empty(0)


def to_batch(pixels: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Turn (B, S, S, 3) uint8 into (B, 3, S, S) float32 in [0, 1], channels last in memory."""
    return torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float() / 255


def _prepare(model: nn.Module, device: str) -> Classifier:
    if not isinstance(model, Classifier):
        raise TypeError(f"found a {type(model).__name__}; give what train_classifier returned")
    placed: Classifier = model.to(pick_device(device)).eval()
    return placed
