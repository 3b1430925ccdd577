"""CLIP by open_clip or transformers: image and text features that can be compared.

Paper: Radford et al. 2021, arXiv 2103.00020.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import open_clip
import torch
from torch import Tensor
from torch.nn import functional
from transformers import AutoTokenizer, CLIPImageProcessor, CLIPModel
from transformers.utils.logging import disable_progress_bar

from synthset.encoders.device import pick_device, pick_dtype, prepare_model
from synthset.encoders.encoder import Encoder, Floats, normalise
from synthset.encoders.loading import explain_errors
from synthset.encoders.models import HUB, OPEN_CLIP_CONFIG, find_folder, read_config
from synthset.encoders.resize import Resize
from synthset.errors import ModelError
from synthset.recipe.encoders import ClipEncoder

TEXT_BATCH = 16  # texts a model call, always: a text's features do not depend on its companions
TEXT_STEP = 16  # tokens; a text is filled up to a multiple, which depends on nothing but itself
TEXT_CACHE = 1 << 16  # texts remembered: 128 MB at 512 float32
PILLOW_BICUBIC, PILLOW_BILINEAR = 3, 2


class Towers(Protocol):
    """A loaded CLIP, by whichever library.

    Attributes:
        resize: how pictures are resized for it.
        mean: of each channel, for values in [0, 1].
        std: of each channel, for values in [0, 1].
    """

    resize: Resize
    mean: Sequence[float]
    std: Sequence[float]

    def images(self, batch: Tensor) -> Tensor:
        """(N, 3, S, S) normalised pixels to (N, D) features of any length."""

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text is filled up to; only equal ones go together."""

    def texts(self, texts: Sequence[str]) -> Tensor:
        """N texts of equal `lengths` to (N, D) features of any length; what exceeds the context
        is cut."""


class Clip(Encoder):
    """Image features of unit length."""

    def __init__(self, settings: ClipEncoder) -> None:
        self.settings: ClipEncoder = settings

    @property
    def width(self) -> int:
        return read_clip_width(self.settings)

    def open(self) -> None:
        """Load the model.

        Raises:
            ModelError: it cannot be had.
        """
        self._towers = load_towers(self.settings)
        self.resize = self._towers.resize

    def forward(self, batch: Tensor) -> tuple[Tensor, Tensor | None]:
        pixels = normalise(batch, self._towers.mean, self._towers.std).to(self.dtype)
        return functional.normalize(self._towers.images(pixels).float(), dim=-1), None  # (N, D)


class ClipText:
    """Text features of unit length; each distinct text is computed once.

    >>> clip = ClipText(ClipEncoder(kind="clip"))
    >>> clip.encode(["a photo of a cat", "a photo of a dog"]).shape[0]
    2
    """

    def __init__(self, settings: ClipEncoder) -> None:
        self._settings = settings
        self._towers: Towers | None = None
        self._known: dict[str, Floats] = {}

    def open(self) -> None:
        """Load the model, unless it is.

        Raises:
            ModelError: it cannot be had.
        """
        self._towers = self._towers or load_towers(self._settings)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Encode texts; what exceeds the model's context (77 tokens, as a rule) is cut.

        Returns:
            (N, D) float32, unit length; row i belongs to text i.
        """
        if len(self._known) > TEXT_CACHE:
            self._known.clear()
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        for batch in self._batches(new):
            self._known.update(zip(batch, self._encode(batch), strict=True))
        width = read_clip_width(self._settings)
        return (
            np.stack([self._known[text] for text in texts])
            if texts
            else np.empty((0, width), np.float32)
        )

    def _batches(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """Put texts of one length together."""
        if not texts:
            return
        self.open()
        assert self._towers is not None
        groups: dict[int, list[str]] = {}
        for text, length in zip(texts, self._towers.lengths(texts), strict=True):
            groups.setdefault(length, []).append(text)
        for group in groups.values():
            for start in range(0, len(group), TEXT_BATCH):
                yield group[start : start + TEXT_BATCH]

    def _encode(self, batch: Sequence[str]) -> Floats:
        assert self._towers is not None
        filled = [*batch, *[batch[0]] * (TEXT_BATCH - len(batch))]
        with torch.inference_mode():
            features = functional.normalize(self._towers.texts(filled).float(), dim=-1)
        encoded: Floats = features[: len(batch)].cpu().numpy()
        return encoded  # (n, D)


def read_clip_width(settings: ClipEncoder) -> int:
    """Tell D from the model's configuration, without its weights.

    Raises:
        ModelError: there is no such model.
    """
    folder = find_folder(settings)
    with _explain_errors(settings):
        if folder and not (folder / OPEN_CLIP_CONFIG).is_file():
            return int(read_config(folder)["projection_dim"])
        return int(open_clip.get_model_config(_open_clip_name(settings))["embed_dim"])


def load_towers(settings: ClipEncoder) -> Towers:
    """Load a CLIP.

    Raises:
        ModelError: it cannot be had, or wants images in a way that is not supported.
    """
    device = pick_device(settings.device)
    dtype = pick_dtype(settings.dtype, device)
    folder = find_folder(settings)
    if not (folder or settings.pretrained or settings.model.startswith(HUB)):
        raise ModelError(
            f"pretrained: missing for {settings.model}; name its weights, or give a file"
        )
    with _explain_errors(settings):
        if folder and not (folder / OPEN_CLIP_CONFIG).is_file():
            return _Transformers(folder, device, dtype)
        return _OpenClip(_open_clip_name(settings), settings.pretrained, device, dtype)


class _OpenClip:
    def __init__(
        self, name: str, pretrained: str | None, device: torch.device, dtype: torch.dtype
    ) -> None:
        model = open_clip.create_model(name, pretrained=pretrained, require_pretrained=True)
        config = model.visual.preprocess_cfg
        self.resize = _resize(
            config["size"], config["size"], config["interpolation"], config["resize_mode"]
        )
        self.mean, self.std = config["mean"], config["std"]
        self._tokenizer = open_clip.get_tokenizer(name)
        self._model: Any = prepare_model(model, device, dtype)
        self._device = device

    def images(self, batch: Tensor) -> Tensor:
        features: Tensor = self._model.encode_image(batch)
        return features

    def lengths(self, texts: Sequence[str]) -> list[int]:
        return [0] * len(texts)  # open_clip always fills up to the context

    def texts(self, texts: Sequence[str]) -> Tensor:
        features: Tensor = self._model.encode_text(self._tokenizer(list(texts)).to(self._device))
        return features


class _Transformers:
    def __init__(self, folder: Path, device: torch.device, dtype: torch.dtype) -> None:
        disable_progress_bar()  # the engine shows the only bar
        model = CLIPModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=dtype
        )
        config = CLIPImageProcessor.from_pretrained(folder, local_files_only=True)
        crop = config.crop_size["height"] if config.do_center_crop else None
        short = config.size.get("shortest_edge")
        kernel = {PILLOW_BICUBIC: "bicubic", PILLOW_BILINEAR: "bilinear"}.get(
            int(config.resample), "other"
        )
        size = short or config.size["height"]
        resize = _resize(crop or size, size, kernel, "shortest" if short else "squash")
        self.resize = replace(resize, floor_crop=True)
        self.mean, self.std = config.image_mean, config.image_std
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._context = model.config.text_config.max_position_embeddings
        self._model: Any = prepare_model(model, device, dtype)
        self._device = device

    def images(self, batch: Tensor) -> Tensor:
        return _tensor(self._model.get_image_features(pixel_values=batch))

    def lengths(self, texts: Sequence[str]) -> list[int]:
        found = self._tokenizer(list(texts), truncation=True, max_length=self._context)["input_ids"]
        return [min(self._context, -(-len(tokens) // TEXT_STEP) * TEXT_STEP) for tokens in found]

    def texts(self, texts: Sequence[str]) -> Tensor:
        tokens = self._tokenizer(
            list(texts),
            padding="max_length",
            truncation=True,
            max_length=max(self.lengths(texts)),
            return_tensors="pt",
        )
        tokens = {name: values.to(self._device) for name, values in tokens.items()}
        return _tensor(self._model.get_text_features(**tokens))


def _tensor(output: Any) -> Tensor:
    """transformers 4 returns the features themselves, transformers 5 an object around them."""
    features: Tensor = getattr(output, "pooler_output", output)
    return features


def _resize(
    size: int | Sequence[int], scale: int | Sequence[int], kernel: str, mode: str
) -> Resize:
    """Describe the preprocessing that a model was trained with."""
    sides = {size} if isinstance(size, int) else set(size)
    scales = {scale} if isinstance(scale, int) else set(scale)
    if len(sides) != 1 or len(scales) != 1:
        raise ModelError(
            f"the model takes images of {size} pixels; only square images are supported"
        )
    if mode not in ("shortest", "squash") or kernel not in ("bicubic", "bilinear"):
        raise ModelError(
            f"the model resizes its images by {kernel!r}, {mode!r}, but only bicubic or bilinear, "
            "shortest or squash are supported; use another CLIP model"
        )
    eight_bit: Any = f"{kernel}-8bit"
    return Resize(sides.pop(), eight_bit, scales.pop(), keep_aspect=mode == "shortest")


def _open_clip_name(settings: ClipEncoder) -> str:
    folder = find_folder(settings)
    return f"local-dir:{folder}" if folder else settings.model


def _explain_errors(settings: ClipEncoder) -> Any:
    tag = f" with {settings.pretrained!r}" if settings.pretrained else ""
    if find_folder(settings):
        advice = "give a folder saved by open_clip or transformers"
    else:
        advice = (
            f"check the name and the network, or give a local folder ({HUB}… names a hub model)"
        )
    return explain_errors(f"the CLIP {settings.model!r}{tag}", advice)
