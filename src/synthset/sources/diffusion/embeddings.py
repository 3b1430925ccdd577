"""Prompt embeddings: each distinct prompt is encoded once, and alone."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from synthset.errors import ModelError
from synthset.sources.diffusion.guidance import Acting, find_acting
from synthset.sources.diffusion.models import explain_inert_negative

PAIR = ("prompt_embeds", "negative_prompt_embeds")
POOLED = (*PAIR, "pooled_prompt_embeds", "negative_pooled_prompt_embeds")
MASKED = (
    "prompt_embeds",
    "prompt_attention_mask",
    "negative_prompt_embeds",
    "negative_prompt_attention_mask",
)

#: What `encode_prompt` returns, by pipeline; all have one length for every prompt. None: not an
#: argument of the call.
RESULTS: dict[str, tuple[str | None, ...]] = {
    "StableDiffusionPipeline": PAIR,
    "StableDiffusionImg2ImgPipeline": PAIR,
    "LatentConsistencyModelPipeline": PAIR,
    "LatentConsistencyModelImg2ImgPipeline": PAIR,
    "StableDiffusionXLPipeline": POOLED,
    "StableDiffusionXLImg2ImgPipeline": POOLED,
    "StableDiffusion3Pipeline": POOLED,
    "StableDiffusion3Img2ImgPipeline": POOLED,
    "FluxPipeline": ("prompt_embeds", "pooled_prompt_embeds", None),
    "FluxImg2ImgPipeline": ("prompt_embeds", "pooled_prompt_embeds", None),
    "PixArtAlphaPipeline": MASKED,
    "PixArtSigmaPipeline": MASKED,
}
CACHE_BYTES = 256 * 2**20  # 60 prompts of a T5-XXL, 1000 of CLIP


@dataclass(frozen=True, slots=True)
class Request:
    """What one image is made from.

    Attributes:
        prompt: the words.
        negative: what to avoid; None for nothing.
        seed: of the image's own generator.
    """

    prompt: str
    negative: str | None
    seed: int


def find_acting_in(pipeline: Any, scale: float) -> Acting:
    """Tell what guidance and negative prompt do in a loaded pipeline."""
    name = type(pipeline).__name__
    network: Any = getattr(pipeline, "unet", None) or getattr(pipeline, "transformer", None)
    distilled = getattr(pipeline, "config", {}).get("is_distilled") is True
    found = find_acting(name, getattr(network, "config", {}), scale, distilled)
    takes = inspect.signature(pipeline.__call__).parameters
    if found.negative and "negative_prompt" not in takes:
        return replace(found, negative=False, why=f"a {name} takes no negative prompt")
    return found


class PromptEmbeddings:
    """The arguments that carry the prompts of a batch into a pipeline's call.

    Attributes:
        known: whether the pipeline takes embeddings that this class can make. Where not, it gets
            the words, and must be called with one image at a time: encoders of other families pad a
            batch to its longest prompt.
    """

    def __init__(self, pipeline: Any, guidance_scale: float, max_tokens: int | None) -> None:
        self._pipeline = pipeline
        self._acting = find_acting_in(pipeline, guidance_scale)
        self._guided = guidance_scale > 1
        self._max_tokens = max_tokens
        self._takes = inspect.signature(pipeline.__call__).parameters
        self._names = RESULTS.get(type(pipeline).__name__)
        self._cache: OrderedDict[tuple[str, str | None], dict[str, Tensor]] = OrderedDict()
        self.known = self._names is not None

    def arguments(self, requests: Sequence[Request]) -> dict[str, Any]:
        """Give the call's arguments for a batch, image i from request i.

        Raises:
            ModelError: there is a negative prompt, and it would change nothing.
        """
        negative = next((request.negative for request in requests if request.negative), None)
        if negative and not self._acting.negative:
            raise ModelError(str(explain_inert_negative(negative, self._acting.why)))
        if not self.known:
            return self._words(requests)
        encoded = [self._encode(request.prompt, request.negative) for request in requests]
        batch: dict[str, Any] = {
            name: torch.cat([one[name] for one in encoded]) for name in encoded[0]
        }
        if "negative_prompt" in self._takes:
            batch["negative_prompt"] = (
                None  # PixArt's default is "", which it refuses beside embeddings
            )
        return batch

    def _words(self, requests: Sequence[Request]) -> dict[str, Any]:
        words: dict[str, Any] = {"prompt": [request.prompt for request in requests]}
        if any(request.negative for request in requests):
            words["negative_prompt"] = [request.negative or "" for request in requests]
        return words

    def _encode(self, prompt: str, negative: str | None) -> dict[str, Tensor]:
        key = (prompt, negative)
        if key not in self._cache:
            self._cache[key] = self._ask(prompt, negative)
            while len(self._cache) > 1 and self._bytes() > CACHE_BYTES:
                self._cache.popitem(last=False)
        self._cache.move_to_end(key)
        return self._cache[key]

    def _bytes(self) -> int:
        one = next(iter(self._cache.values()))
        return len(self._cache) * sum(tensor.nbytes for tensor in one.values())

    @torch.no_grad()
    def _ask(self, prompt: str, negative: str | None) -> dict[str, Tensor]:
        wanted: dict[str, Any] = {
            "prompt": [prompt],
            "prompt_2": None,
            "prompt_3": None,
            "device": self._pipeline._execution_device,
            "num_images_per_prompt": 1,
            "do_classifier_free_guidance": self._guided,
        }
        if negative is not None:  # else each pipeline has its own nothing: "" or, in SDXL, zeros
            wanted["negative_prompt"] = [negative]
        if self._max_tokens is not None:
            wanted["max_sequence_length"] = self._max_tokens
        takes = inspect.signature(self._pipeline.encode_prompt).parameters
        results = self._pipeline.encode_prompt(
            **{key: wanted[key] for key in wanted if key in takes}
        )
        names = self._names or ()
        return {
            name: tensor
            for name, tensor in zip(names, results, strict=True)
            if name is not None and name in self._takes and tensor is not None
        }
