"""Makes images with any diffusers pipeline; an image depends on its own request only.

Each image has its own CPU generator, each prompt is encoded alone, and every call has the same
batch shape: the last batch is filled up with repeats. Then an image is bit-identical wherever in a
run it is made; another batch shape, device or thread count may move a pixel by one grey level (in
bfloat16 by several).
"""

from __future__ import annotations

import gc
from abc import abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from synthset.encoders.device import pick_device
from synthset.errors import ModelError
from synthset.images import Pixels, is_blank
from synthset.recipe.sources import Diffusion as Settings
from synthset.record import BLANKED
from synthset.sources.diffusion.embeddings import PromptEmbeddings, Request
from synthset.sources.diffusion.pipelines import is_large, load
from synthset.sources.outcome import ImageStage, Outcome
from synthset.stage import Rows

AUTO_BATCH = 16
MEMORY_WORDS = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
)  # said by MPS and the CPU allocator

NOT_FINITE = "not finite: the model returned NaN or infinity; try source.dtype float32 or bfloat16"


@dataclass(frozen=True, slots=True)
class GeneratedImage:
    """What the model made of one request: pixels, (H, W, 3) uint8 RGB, or why there are none."""

    pixels: Pixels | None = None
    nsfw: bool | None = None
    error: str | None = None


class DiffusionStage(ImageStage):
    """What the stages that run a diffusers pipeline share.

    Attributes:
        settings: of the source.
        pipeline: the diffusers pipeline, once opened.
        batch_size: images a call, once opened; `auto` may have lowered it.
    """

    settings: Settings

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.pipeline: Any = None
        self.batch_size = 0

    def open(self) -> None:
        """Load the pipeline.

        Raises:
            ModelError: it cannot be loaded, or does not fit the settings.
        """
        self.use(load(self.settings))

    def use(self, pipeline: Any) -> None:
        """Work with a pipeline that is already there."""
        settings = self.settings
        self.pipeline = pipeline
        self._embeddings = PromptEmbeddings(pipeline, settings.guidance_scale, settings.max_tokens)
        self._options = _call_options(settings)
        self.batch_size = self._first_batch_size()

    @abstractmethod
    def prepare(self, rows: Rows) -> list[Request | str]:
        """Read the requests; words where a record cannot be made."""

    def company(self, request: Request) -> Hashable:
        """Say which requests may share a call: those of one answer."""
        return None

    def call_options(self, batch: Sequence[Request]) -> dict[str, Any]:
        """Give what the pipeline is called with besides prompts, generators and settings."""
        return {}

    def compute(self, rows: Rows, prepared: list[Request | str]) -> list[GeneratedImage]:
        """Run the model on all requests.

        Raises:
            ModelError: not even one image fits the memory, or a fixed batch size does not.
        """
        made = [GeneratedImage(error=one if isinstance(one, str) else None) for one in prepared]
        shared: dict[Hashable, list[tuple[int, Request]]] = {}
        for place, request in enumerate(prepared):
            if not isinstance(request, str):
                shared.setdefault(self.company(request), []).append((place, request))
        for requests in shared.values():
            answers = self._run([request for _, request in requests])
            for (place, _), answer in zip(requests, answers, strict=True):
                made[place] = answer
        return made

    def _run(self, requests: Sequence[Request]) -> list[GeneratedImage]:
        """Make the images of one company, batch by batch, the last one filled up."""
        made: list[GeneratedImage] = []
        while len(made) < len(requests):
            batch = [*requests[len(made) : len(made) + self.batch_size]]
            full = batch + batch[-1:] * (self.batch_size - len(batch))
            result = self._run_fitting(full)
            if result is not None:
                made += result[: len(batch)]
        return made

    def _first_batch_size(self) -> int:
        if not self._embeddings.known:
            return 1
        if self.settings.batch_size != "auto":
            return self.settings.batch_size
        on_cpu = pick_device(self.settings.device).type == "cpu"
        return 1 if on_cpu and is_large(self.pipeline, self.settings) else AUTO_BATCH

    def _run_fitting(self, batch: Sequence[Request]) -> list[GeneratedImage] | None:
        """Run one batch; where memory runs out, halve the batch size for good and answer None."""
        try:
            return self._call(batch)
        except RuntimeError as fault:
            if not _out_of_memory(fault):
                raise
            if self.batch_size == 1 or self.settings.batch_size != "auto":
                raise _too_large(self.batch_size) from fault
        self.batch_size //= 2  # outside of the handler, whose traceback holds the tensors
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return None

    def _call(self, batch: Sequence[Request]) -> list[GeneratedImage]:
        generators = [torch.Generator("cpu").manual_seed(request.seed) for request in batch]
        arguments = self._embeddings.arguments(batch) | self.call_options(batch)
        with np.errstate(invalid="ignore"):  # a safety checker casts NaN to bytes; we report it
            result = self.pipeline(generator=generators, **self._options, **arguments)
        flags = getattr(result, "nsfw_content_detected", None) or [None] * len(batch)
        return [_judge_image(image, flag) for image, flag in zip(result.images, flags, strict=True)]

    def outcome(self, made: GeneratedImage) -> Outcome:
        """Encode a picture, and say what the safety checker said of it."""
        found = super().outcome(made.error if made.pixels is None else made.pixels)
        return replace(found, nsfw=made.nsfw)


def _call_options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "num_inference_steps": settings.num_steps,
        "guidance_scale": settings.guidance_scale,
        "output_type": "pt",
    }
    if settings.max_tokens is not None:
        options["max_sequence_length"] = settings.max_tokens
    return options


def _judge_image(image: Tensor, flag: bool | None) -> GeneratedImage:
    """Judge one image.

    Args:
        image: (3, H, W) floats in [0, 1]; a flagged one still in [-1, 1], since diffusers leaves
            those as they are.
        flag: what the safety checker said; None where none looked.
    """
    nsfw = None if flag is None else bool(flag)
    image = image.detach().float()
    if not bool(torch.isfinite(image).all()):
        return GeneratedImage(nsfw=nsfw, error=NOT_FINITE)
    if nsfw and bool((image < 0).any()):
        image = image / 2 + 0.5
    pixels = to_uint8(image)
    if nsfw and is_blank(pixels):
        return GeneratedImage(nsfw=True, error=BLANKED)
    return GeneratedImage(pixels, nsfw)


def to_uint8(image: Tensor) -> Pixels:
    """Round a picture once: (3, H, W) floats in [0, 1] become (H, W, 3) uint8."""
    levels = (image * 255).round().clamp(0, 255).to(torch.uint8)  # (3, H, W)
    pixels: Pixels = levels.permute(1, 2, 0).contiguous().cpu().numpy()  # (H, W, 3)
    return pixels


def _out_of_memory(fault: RuntimeError) -> bool:
    text = str(fault).lower()
    return isinstance(fault, torch.OutOfMemoryError) or any(words in text for words in MEMORY_WORDS)


def _too_large(batch_size: int) -> ModelError:
    if batch_size == 1:
        return ModelError(
            "source: not even one image fits into memory; lower source.size_px or the precision "
            "in source.dtype"
        )
    return ModelError(
        f"source.batch_size: {batch_size} images don't fit into memory; lower it, or use 'auto'"
    )
