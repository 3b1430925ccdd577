"""The classifiers: any timm model with its normalisation, and a small residual network."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from timm.models.resnet import ResNet
from torch import Tensor, nn

from synthset.errors import ModelError, RecipeError, did_you_mean
from synthset.recipe.default_network import SMALL_PX
from synthset.recipe.training import Model, SmallResNet, TimmModel
from synthset.training.whitened_resnet import WhitenedResNet

HALF = (0.5, 0.5, 0.5)
QUARTER = (0.25, 0.25, 0.25)


class Classifier(nn.Module):
    """A network and the normalisation of its images.

    Attributes:
        net: the network, with timm's `forward_features`, `forward_head` and `get_classifier`.
        offsets: (K,) what is added to the logits since the training; None adds nothing.
    """

    def __init__(self, net: nn.Module, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.net: Any = net
        self.offsets: Tensor | None = None
        self.mean: Tensor
        self.std: Tensor
        for name, values in (("mean", mean), ("std", std)):
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, S, S) in [0, 1] to (B, K) float32 logits."""
        return self._logits(self._maps(images))

    def features(self, images: Tensor) -> Tensor:
        """(B, 3, S, S) in [0, 1] to what enters the last layer: (B, D) float32."""
        return self._head(self._maps(images), pre_logits=True).flatten(1)

    def answer(self, images: Tensor) -> Tensor:
        """(B, 3, S, S) in [0, 1] to logits and features side by side: (B, K + D) float32."""
        maps = self._maps(images)
        return torch.cat([self._logits(maps), self._head(maps, pre_logits=True).flatten(1)], dim=1)

    def _logits(self, maps: Tensor) -> Tensor:
        logits = self._head(maps, pre_logits=False)
        return logits if self.offsets is None else logits + self.offsets.to(logits.device)

    def _head(self, maps: Tensor, pre_logits: bool) -> Tensor:
        """In float32 in any case: logits of eight bits would tie, and cost the curves their
        points."""
        with torch.autocast(maps.device.type, enabled=False):
            out: Tensor = self.net.forward_head(maps.float(), pre_logits=pre_logits)
        return out

    def normalise(self, images: Tensor) -> Tensor:
        """(B, 3, S, S) in [0, 1] to what the network gets."""
        return (images - self.mean.to(images.device)) / self.std.to(images.device)

    def _maps(self, images: Tensor) -> Tensor:
        maps: Tensor = self.net.forward_features(self.normalise(images))
        return maps


def build(
    settings: Model, classes: int, size_px: int, saved: Mapping[str, Tensor] | None = None
) -> Classifier:
    """Make a classifier; its first numbers come from torch's generator.

    Args:
        settings: which.
        classes: K, width of the last layer.
        size_px: width and height of its images.
        saved: all its weights by the network's names; none takes what the settings say.

    Raises:
        RecipeError: timm knows no such model, or it cannot be had in this way.
        ModelError: the named weights do not fit.
    """
    if isinstance(settings, SmallResNet):
        model = Classifier(WhitenedResNet(settings, classes), HALF, QUARTER)
    else:
        model = _load_pretrained(settings, classes, size_px, saved)
    if saved is not None:
        model.net.load_state_dict(saved)
    return model.to(memory_format=torch.channels_last)  # the faster layout, on CPUs and GPUs


def _load_pretrained(
    settings: TimmModel, classes: int, size_px: int, saved: Mapping[str, Tensor] | None
) -> Classifier:
    state = saved
    if state is None and settings.weights:
        state = _read(Path(settings.weights).expanduser())
    net = _timm(settings, classes, size_px)
    _choose_stem(net, settings, size_px, state or {})
    if saved is None and state:
        _load(net, state, settings)
    config = net.pretrained_cfg
    return Classifier(net, tuple(config["mean"]), tuple(config["std"]))


def _timm(settings: TimmModel, classes: int, size_px: int) -> Any:
    if not timm.is_model(settings.name):
        right = did_you_mean(settings.name, timm.list_models())
        raise RecipeError("model.name", f"there is no timm model called {settings.name!r}", right)
    options: dict[str, Any] = {"num_classes": classes, "drop_rate": settings.dropout}
    if _fixed_size(settings.name):
        options["img_size"] = size_px
    try:
        return timm.create_model(settings.name, pretrained=False, **options)
    except (AssertionError, RuntimeError, TypeError, ValueError) as fault:
        found = f"timm cannot build {settings.name} for images of {size_px} px ({fault})"
        raise RecipeError("model.name", found, "use another model or size_px") from fault


def _fixed_size(name: str) -> bool:
    """Tell whether a model is made for one size of image, which must be named."""
    config = timm.get_pretrained_cfg(name)
    entry = inspect.signature(timm.model_entrypoint(name))
    return bool(config and config.fixed_input_size) and "kwargs" in entry.parameters


def _choose_stem(net: Any, settings: TimmModel, size_px: int, state: Mapping[str, Tensor]) -> None:
    """Give a ResNet the first layers of CIFAR's: no pooling, 3 × 3, stride 1."""
    is_resnet = isinstance(net, ResNet)
    small = settings.stem == "small"
    if settings.stem == "auto" and is_resnet:
        first = state.get("conv1.weight")
        small = size_px <= SMALL_PX if first is None else first.shape[-1] == 3
    if not small:
        return
    if not is_resnet:
        found = f"found `small`, but {settings.name} is not a ResNet"
        raise RecipeError("model.stem", found, "set it to auto or own, or use a ResNet")
    net.conv1 = nn.Conv2d(3, net.bn1.num_features, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(net.conv1.weight, mode="fan_out", nonlinearity="relu")  # as timm does
    net.maxpool = nn.Identity()


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix != ".safetensors":
        raise ModelError(
            f"model.weights: {path} is not a .safetensors file; save the weights as safetensors: "
            "other formats can run code when they are opened"
        )
    try:
        weights: dict[str, Tensor] = load_file(path)
        return weights
    except (OSError, SafetensorError) as fault:
        raise ModelError(f"model.weights: {path} cannot be read ({fault})") from None


def _load(net: Any, state: Mapping[str, Tensor], settings: TimmModel) -> None:
    """Load weights, and leave the last layer as it is where it has other classes."""
    own = net.state_dict()
    last = net.get_classifier()
    head = next(name for name, module in net.named_modules() if module is last)
    others = {
        name
        for name in own
        if name.startswith(f"{head}.") and name in state and state[name].shape != own[name].shape
    }
    wrong = sorted(own.keys() ^ state.keys())
    wrong += [
        name
        for name in own.keys() & state.keys()
        if own[name].shape != state[name].shape and name not in others
    ]
    wrong = [name for name in wrong if not name.startswith(f"{head}.")]
    if wrong:
        listed = ", ".join(wrong[:4]) + (f" and {len(wrong) - 4} more" if len(wrong) > 4 else "")
        raise ModelError(
            f"model.weights: {settings.weights} does not fit {settings.name} (stem: "
            f"{settings.stem}): {listed} differ; name the architecture from which the weights "
            "were saved"
        )
    kept = {name: value for name, value in state.items() if name in own and name not in others}
    net.load_state_dict(kept, strict=False)
