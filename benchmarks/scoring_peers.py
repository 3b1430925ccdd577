"""The peers in `scoring.py`: each package, used as its documentation shows."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
import timm
import torch
from cleanvision import Imagelab
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file
from timm.data import create_transform, resolve_model_data_config
from torch import Tensor
from torch_fidelity.datasets import ImagesPathDataset
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x
from torch_fidelity.utils import create_feature_extractor, get_featuresdict_from_dataset
from torchmetrics.multimodal.clip_score import CLIPScore
from torchvision.transforms.functional import pil_to_tensor
from transformers import CLIPModel, CLIPProcessor

import turns
from scoring_world import World

BATCH = 32  # images a call, on both sides
TORCH_FIDELITY_BATCH = 64  # its default
CHECKS = ("dark", "light", "low_information", "blurry", "odd_aspect_ratio")
Floats = NDArray[np.float32]


class Clip:
    """transformers' CLIP as torchmetrics expects it: transformers 5 wraps features, 4 did not."""

    def __init__(self, folder: Any) -> None:
        self.model = CLIPModel.from_pretrained(folder).eval()
        self.config = self.model.config

    def to(self, device: torch.device) -> Clip:
        return self

    def get_image_features(self, *arguments: Any) -> Tensor:
        found = self.model.get_image_features(*arguments)
        return getattr(found, "pooler_output", found)

    def get_text_features(self, *arguments: Any) -> Tensor:
        found = self.model.get_text_features(*arguments)
        return getattr(found, "pooler_output", found)


class Peers:
    """The four packages, their models loaded.

    Attributes:
        taken: time of each in the last turn.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.taken: dict[str, float] = {}
        self._dataset = ImagesPathDataset([str(file) for file in world.files])
        self._inception = create_feature_extractor(
            "inception-v3-compat",
            ["2048", "logits_unbiased"],
            cuda=False,
            feature_extractor_weights_path=str(world.inception),
            verbose=False,
        )
        pair = Clip(world.clip), CLIPProcessor.from_pretrained(world.clip)
        self._clip, self._processor = pair
        self._clip_score = CLIPScore(model_name_or_path=lambda: pair)
        self._classifier = timm.create_model("mobilenetv2_100").eval()
        self._classifier.load_state_dict(load_file(world.mobilenet))
        config = resolve_model_data_config(self._classifier)
        self._mean, self._std = config["mean"], config["std"]
        self._transform = create_transform(**config, is_training=False)

    @property
    def pixels(self) -> dict[str, Callable[[], Iterator[Any]]]:
        """What each does before its model runs."""
        return {
            "torch-fidelity": self._pixels_torch_fidelity,
            "torchmetrics": self._pixels_torchmetrics,
            "timm": self._pixels_timm,
            "cleanvision, decoding only": self._pixels_cleanvision,
        }

    def _pixels_torch_fidelity(self) -> Iterator[Tensor]:
        for rows in self._batches(TORCH_FIDELITY_BATCH):
            batch = torch.stack([self._dataset[row] for row in rows])
            yield interpolate_bilinear_2d_like_tensorflow1x(
                batch.float(), size=(299, 299), align_corners=False
            )

    def _pixels_torchmetrics(self) -> Iterator[Tensor]:
        for rows in self._batches(BATCH):
            images = [self._tensor(row) for row in rows]
            yield self._processor(images=images, return_tensors="pt", padding=True)["pixel_values"]

    def _pixels_timm(self) -> Iterator[Tensor]:
        for rows in self._batches(BATCH):
            yield torch.stack([self._transform(self._image(row)) for row in rows])

    def _pixels_cleanvision(self) -> Iterator[NDArray[np.uint8]]:
        for file in self.world.files:
            yield np.asarray(Image.open(file))

    def tensors(self) -> dict[str, Tensor]:
        """Resized pictures, (N, 3, S, S) in [0, 255], as each gives them to its model."""
        processor = self._processor.image_processor
        scales = {
            "clip": (self._pixels_torchmetrics, processor.image_mean, processor.image_std),
            "classifier": (self._pixels_timm, self._mean, self._std),
        }
        found = {"inception": torch.cat(list(self._pixels_torch_fidelity()))}
        for name, (way, mean, std) in scales.items():
            centre, scale = (torch.as_tensor(values).view(1, 3, 1, 1) for values in (mean, std))
            found[name] = (torch.cat(list(way())) * scale + centre) * 255
        return found

    def everything(self) -> float:
        """All scores; the mean confidence of the classifier."""
        ways: dict[str, Callable[[], Any]] = {
            "torch-fidelity": self._torch_fidelity,
            "torchmetrics": self._torchmetrics,
            "timm": self._timm,
            "cleanvision": self._cleanvision,
        }
        clock = turns.CLOCKS[turns.unit]
        found = {}
        for name, way in ways.items():
            start = clock()
            found[name] = way()
            self.taken[name] = clock() - start
        self._found = found
        return float(found["timm"].softmax(1).amax(1).mean())

    def clip_score(self) -> float:
        """torchmetrics' mean."""
        return float(self._found["torchmetrics"])

    def _torch_fidelity(self) -> dict[str, Tensor]:
        found: dict[str, Tensor] = get_featuresdict_from_dataset(
            self._dataset, self._inception, TORCH_FIDELITY_BATCH, False, False, False
        )
        return found

    def _torchmetrics(self) -> Tensor:
        self._clip_score.reset()
        with torch.inference_mode():
            for rows in self._batches(BATCH):
                prompts = [self.world.prompts[row] for row in rows]
                self._clip_score.update([self._tensor(row) for row in rows], prompts)
        return self._clip_score.compute()

    def _timm(self) -> Tensor:
        with torch.inference_mode():
            logits = [self._classifier(batch) for batch in self._pixels_timm()]
        return torch.cat(logits)

    def _cleanvision(self) -> Any:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            lab = Imagelab(filepaths=[str(file) for file in self.world.files])
            lab.find_issues({check: {} for check in CHECKS}, verbose=False)
        return lab.issues

    def values(self) -> dict[str, Floats]:
        """Each image's values, as `scoring._values` has ours; those that a package keeps to itself
        are computed with its own parts."""
        fidelity, logits = self._found["torch-fidelity"], self._found["timm"]
        with torch.inference_mode():
            images = [self._clip.get_image_features(batch) for batch in self._pixels_torchmetrics()]
            features = [
                self._classifier.forward_head(
                    self._classifier.forward_features(batch), pre_logits=True
                )
                for batch in self._pixels_timm()
            ]
        clip = torch.nn.functional.normalize(torch.cat(images), dim=-1)
        return {
            "inception": fidelity["2048"].numpy(),
            "logits": fidelity["logits_unbiased"].numpy(),
            "clip": clip.numpy(),
            "clip_score": (100 * (clip * self._texts).sum(1)).clamp(min=0).numpy(),
            "classifier": torch.cat(features).flatten(1).numpy(),
            "probability": logits.double()
            .softmax(1)[range(len(logits)), self.world.classes]
            .numpy(),
            "first": logits.argmax(1).numpy(),
        }

    @cached_property
    def _texts(self) -> Tensor:
        found = []
        with torch.inference_mode():
            for rows in self._batches(BATCH):
                texts = [self.world.prompts[row] for row in rows]
                tokens = self._processor(text=texts, return_tensors="pt", padding=True)
                found.append(self._clip.get_text_features(*tokens.values()))
        return torch.nn.functional.normalize(torch.cat(found), dim=-1)

    def flagged(self) -> NDArray[np.bool_]:
        """Which images cleanvision finds fault with."""
        issues = self._found["cleanvision"]
        columns = [f"is_{check}_issue" for check in CHECKS]
        by_file = issues[columns].any(axis=1)
        return np.array([bool(by_file[str(file)]) for file in self.world.files])

    def _batches(self, size: int) -> Iterator[range]:
        count = len(self.world.files)
        for start in range(0, count, size):
            yield range(start, min(start + size, count))

    def _image(self, row: int) -> Image.Image:
        return Image.open(self.world.files[row]).convert("RGB")

    def _tensor(self, row: int) -> Tensor:
        return pil_to_tensor(self._image(row))
