"""Loads a diffusers pipeline the way a recipe asks for it."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import diffusers
import torch
import transformers
from diffusers import DiffusionPipeline
from safetensors import SafetensorError

from synthset.encoders.device import pick_device
from synthset.errors import ModelError
from synthset.recipe.sources import Diffusion, Img2Img
from synthset.sources.diffusion import samplers
from synthset.sources.diffusion.adapter_loading import adapt
from synthset.sources.diffusion.embeddings import find_acting_in
from synthset.sources.diffusion.models import explain_inert_guidance, find_local_folder

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
LOADING_FAULTS = (OSError, ValueError, ImportError, AttributeError, RuntimeError, SafetensorError)
#: Pipelines that make images of text as they are.
TEXT_TO_IMAGE = frozenset(
    {
        "FluxPipeline",
        "PixArtSigmaPipeline",
        "SanaPipeline",
        "StableDiffusion3Pipeline",
        "StableDiffusionPipeline",
        "StableDiffusionXLPipeline",
    }
)
SLICED_VAE_PX = 512  # from here on the autoencoder decodes one by one, or it fills the memory first


def load(settings: Diffusion) -> Any:
    """Load a pipeline onto its device, with its adapters and its sampler, and silent.

    Raises:
        ModelError: it is not there, is no pipeline for the source, or adapters or sampler do not
            fit.
        RecipeError: the file of an adapter is not there.
    """
    _silence()
    device = str(pick_device(settings.device))
    name = str(
        find_local_folder(settings) or settings.model
    )  # the hub's cache may hold half a model
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # of the hub's client
            pipeline = _read(settings, name, device)
    except LOADING_FAULTS as fault:
        raise _explain_load_error(settings, fault) from fault
    pipeline.set_progress_bar_config(disable=True)
    adapt(pipeline, settings)
    _slice(pipeline, settings)
    _set_scheduler(pipeline, settings)
    _check_call(pipeline, settings)
    return pipeline


def _read(settings: Diffusion, name: str, device: str) -> Any:
    index = DiffusionPipeline.load_config(name, **_revision(settings))
    options = _options(settings, index) | _revision(settings)
    # A dtype is always named, or transformers would take the files' own and diffusers float32.
    dtype = choose_dtype(settings.dtype, device, index)
    family = _choose_family(settings, str(index.get("_class_name")))
    pipeline = family.from_pretrained(name, dtype=dtype, use_safetensors=True, **options)
    return pipeline.to(device)


def _choose_family(settings: Diffusion, name: str) -> Any:
    """Choose what finds the pipeline's class; diffusers' own choice loads all its pipelines."""
    if isinstance(settings, Img2Img):
        return diffusers.AutoPipelineForImage2Image
    return DiffusionPipeline if name in TEXT_TO_IMAGE else diffusers.AutoPipelineForText2Image


def choose_dtype(dtype: str, device: str, index: dict[str, Any]) -> torch.dtype:
    """Turn `auto` into float32 on a CPU and half precision elsewhere.

    Args:
        index: content of `model_index.json`. UNets were made for float16; transformers such as
            FLUX's overflow there and get bfloat16.
    """
    if dtype != "auto":
        return DTYPES[dtype]
    if device == "cpu":
        return torch.float32
    return torch.bfloat16 if "transformer" in index else torch.float16


def _silence() -> None:
    """A library never prints: loading bars and notes about cut prompts go; what matters comes back
    as an error."""
    diffusers.utils.logging.disable_progress_bar()
    diffusers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()


def _revision(settings: Diffusion) -> dict[str, str]:
    return {} if settings.revision is None else {"revision": settings.revision}


def _options(settings: Diffusion, index: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if settings.variant is not None:
        options["variant"] = settings.variant
    if "safety_checker" in index and not settings.safety_checker:
        options |= {"safety_checker": None, "requires_safety_checker": False}
    if str(index.get("_class_name")).startswith("StableDiffusionXL"):
        options["add_watermarker"] = (
            False  # else pixels would depend on an optional package being there
        )
    return options


def _explain_load_error(settings: Diffusion, fault: Exception) -> ModelError:
    text = " ".join(str(fault).split())
    first = text if len(text) <= 300 else text[:297] + "…"
    if isinstance(fault, torch.OutOfMemoryError):
        right = "use a smaller model, source.dtype: bfloat16, or source.device: cpu"
    elif find_local_folder(settings) is None:
        right = (
            "check the name and the network; for some models, you must run `hf auth login` and "
            "accept their terms, and only safetensors weights are read"
        )
    else:
        right = "save the pipeline again with save_pretrained (only safetensors weights are read)"
    return ModelError(f"source.model: {settings.model!r} could not be loaded ({first}); {right}")


def _slice(pipeline: Any, settings: Diffusion) -> None:
    vae: Any = getattr(pipeline, "vae", None)
    if is_large(pipeline, settings) and hasattr(vae, "enable_slicing"):
        vae.enable_slicing()


def is_large(pipeline: Any, settings: Diffusion) -> bool:
    """Tell whether images are so large that a CPU gains nothing from batches and an autoencoder
    fills the memory."""
    config = getattr(getattr(pipeline, "vae", None), "config", {})
    return max(settings.size_px or 0, int(config.get("sample_size") or 0)) >= SLICED_VAE_PX


def _set_scheduler(pipeline: Any, settings: Diffusion) -> None:
    own, name = pipeline.scheduler, settings.scheduler
    family = type(pipeline).__name__
    unsaid = own.config.get("_use_default_values", ())  # fields that the model's file lacks
    config = {key: value for key, value in own.config.items() if key not in unsaid}
    config["_class_name"] = type(own).__name__
    if name is not None:
        wrong = samplers.explain_misfit(name, config, family)
        if wrong is not None:
            raise ModelError("source.scheduler: {}; {}".format(*wrong))
        made = getattr(diffusers, samplers.name_class(name))
        more = samplers.list_added_fields(name, config, samplers.is_latent(pipeline.components))
        pipeline.scheduler = made.from_config(own.config, **more)
    if not samplers.list_fitting(config, family):
        return  # a flow-matching sampler needs the image size too, which the pipeline alone knows
    try:
        pipeline.scheduler.set_timesteps(settings.num_steps)
    except ValueError as fault:
        sampler = type(pipeline.scheduler).__name__
        raise ModelError(
            f"source.num_steps: {sampler} cannot take {settings.num_steps} ({fault})"
        ) from fault


def _check_call(pipeline: Any, settings: Diffusion) -> None:
    name, takes = type(pipeline).__name__, inspect.signature(pipeline.__call__).parameters
    if "guidance_scale" not in takes or "generator" not in takes:
        raise ModelError(
            f"source.model: a {name} takes no guidance_scale or no generator; name another model"
        )
    if (
        not find_acting_in(pipeline, settings.guidance_scale).guidance
        and settings.guidance_scale > 1
    ):
        raise ModelError(str(explain_inert_guidance(settings.guidance_scale)))
    if isinstance(settings, Img2Img) and not {"image", "strength"} <= set(takes):
        raise ModelError(
            f"source.model: a {name} takes no image or no strength; name another model"
        )
    if settings.max_tokens is not None and "max_sequence_length" not in takes:
        raise ModelError(
            f"source.max_tokens: a {name} reads a fixed number of tokens; leave it out"
        )
