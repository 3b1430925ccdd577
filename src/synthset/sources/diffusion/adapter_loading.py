"""Puts LoRA files and learned words into a pipeline, before it makes its first image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffusers.loaders import TextualInversionLoaderMixin
from diffusers.loaders.lora_base import LoraBaseMixin
from safetensors.torch import load_file

from synthset.errors import ModelError
from synthset.recipe.sources import Diffusion, Lora, TextualInversion
from synthset.sources.diffusion.adapters import ENCODERS, find_weight_file, read_shapes

ADAPTER = "added"
FAULTS = (ValueError, RuntimeError, KeyError, TypeError, ImportError, OSError)


def adapt(pipeline: Any, settings: Diffusion) -> None:
    """Add the words and then the LoRAs of a source to its pipeline.

    A LoRA is fused: the weights become W + scale x (its own scale) x B A, so each image costs what
    it cost before, and scale 0 changes nothing.

    Raises:
        ModelError: one doesn't fit the model; the message says which.
        RecipeError: a file isn't there.
    """
    for i, word in enumerate(settings.textual_inversion):
        _teach(pipeline, word, f"source.textual_inversion[{i}]")
    for i, lora in enumerate(settings.lora):
        _fuse(pipeline, lora, f"source.lora[{i}]")


def _teach(pipeline: Any, word: TextualInversion, where: str) -> None:
    if not isinstance(pipeline, TextualInversionLoaderMixin):
        raise _explain_refusal(pipeline, where, "learned words")
    for name, embedding in load_file(find_weight_file(word.path, where)).items():
        part = ENCODERS.get(name, "text_encoder")
        encoder = getattr(pipeline, part, None)
        tokenizer = getattr(pipeline, part.replace("text_encoder", "tokenizer"), None)
        if encoder is None or tokenizer is None:
            raise ModelError(
                f"{where}.path: it is made for a {part}, which this model doesn't have"
            )
        try:
            pipeline.load_textual_inversion(
                {word.token: embedding}, word.token, tokenizer=tokenizer, text_encoder=encoder
            )
        except FAULTS as fault:
            raise _explain_misfit(where, word.path, fault) from fault


def _fuse(pipeline: Any, lora: Lora, where: str) -> None:
    if not isinstance(pipeline, LoraBaseMixin):
        raise _explain_refusal(pipeline, where, "LoRA adapters")
    file = find_weight_file(lora.path, where)
    try:
        pipeline.load_lora_weights(
            str(file.parent), weight_name=file.name, adapter_name=ADAPTER, use_safetensors=True
        )
        _require_all(pipeline, file, where)
        parts = [part for part, there in pipeline.get_list_adapters().items() if there]
        pipeline.fuse_lora(parts, lora_scale=lora.scale, adapter_names=[ADAPTER])
        pipeline.unload_lora_weights()
    except FAULTS as fault:
        raise _explain_misfit(where, lora.path, fault) from fault


def _require_all(pipeline: Any, file: Path, where: str) -> None:
    """Diffusers only warns of weights that it has no place for, and we have silenced it."""
    ends = (".lora_B.weight", ".lora.up.weight", ".lora_up.weight", "_lora.up.weight")
    inside = sum(name.endswith(ends) for name in read_shapes(file, where))
    models = [part for part in pipeline.components.values() if hasattr(part, "named_parameters")]
    taken = sum(
        f".lora_B.{ADAPTER}." in name for one in models for name, _ in one.named_parameters()
    )
    if taken < max(inside, 1):
        found = f"only {taken} of its {inside} changes fit this model"
        raise ModelError(f"{where}.path: {found}; name one that was trained on this model's family")


def _explain_refusal(pipeline: Any, where: str, what: str) -> ModelError:
    name = type(pipeline).__name__
    return ModelError(f"{where}: a {name} doesn't take {what}; leave it out, or name another model")


def _explain_misfit(where: str, path: str, fault: Exception) -> ModelError:
    text = " ".join(str(fault).split())
    first = text if len(text) <= 300 else text[:297] + "…"
    right = "name one that was trained on this model's family"
    return ModelError(f"{where}.path: {path} doesn't fit the model ({first}); {right}")
