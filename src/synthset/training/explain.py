"""Why a classifier says what it says: where it looked, and what it remembers.

Paper: Selvaraju et al. 2017, Grad-CAM, arXiv 1610.02391, by way of captum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from synthset.errors import ModelError
from synthset.training.models import Classifier

SMALLEST_MAP = 4  # cells a side; a coarser map says nothing of a place


def grad_cam(model: Classifier, images: Tensor, labels: Tensor) -> NDArray[np.float32] | None:
    """Find what spoke for a class in each image.

    The map is that of the last layer that still has 4 × 4 cells, stretched bilinearly.

    Args:
        model: in evaluation mode.
        images: (B, 3, S, S) float32 in [0, 1].
        labels: (B,) int64, the class that is asked for.

    Returns:
        (B, S, S) float32 in [0, 1], 1 where most spoke for the class, all 0 where nothing did. None
        for a network without maps (a transformer).

    Raises:
        ModelError: captum is not installed.
    """
    try:
        from captum.attr import LayerAttribution, LayerGradCam
    except ModuleNotFoundError:
        found = "Grad-CAM needs captum, which is not installed"
        raise ModelError(f"{found}: pip install 'synthset[train]', or set explain: 0") from None
    layer = _last_map(model, images[:1])
    if layer is None:
        return None
    found = LayerGradCam(model, layer).attribute(images, target=labels, relu_attributions=True)
    maps: Tensor = LayerAttribution.interpolate(found, images.shape[-2:], "bilinear")
    heat = maps.detach()[:, 0].clamp(min=0)  # (B, S, S)
    top = heat.amax(dim=(1, 2), keepdim=True)
    shares: NDArray[np.float32] = (heat / top.clamp(min=1e-12)).float().cpu().numpy()
    return shares


def _last_map(model: Classifier, image: Tensor) -> nn.Module | None:
    """The last module whose output is a map of enough cells."""
    found: list[nn.Module] = []

    def see(module: nn.Module, _: Any, out: Any) -> None:
        if isinstance(out, Tensor) and out.ndim == 4 and out.shape[-1] >= SMALLEST_MAP:
            found.append(module)

    leaves = [module for module in model.net.modules() if not list(module.children())]
    hooks = [module.register_forward_hook(see) for module in leaves]
    try:
        with torch.no_grad():
            model(image)
    finally:
        for hook in hooks:
            hook.remove()
    return found[-1] if found else None


def find_nearest(
    asked: NDArray[np.float32], known: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Find the training images that a classifier holds nearest to a test image.

    Args:
        asked: (N, D) features of test images.
        known: (M, D) features of training images.
        count: how many of them for each test image, at most M.

    Returns:
        (N, count) int64 rows of `known`, nearest first (of equal ones the lower row), and their
        cosine distances in [0, 2].
    """
    similar = _unit(asked) @ _unit(known).T  # (N, M)
    rows = np.argsort(-similar, axis=1, kind="stable")[:, :count]
    return rows, 1 - np.take_along_axis(similar, rows, axis=1)


def _unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(features, axis=1, keepdims=True)
    found: NDArray[np.float32] = features / np.maximum(length, 1e-12)
    return found
