"""Which samplers fit a model, and what they must be told of it, before it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from synthset.recipe.sources import Scheduler

NAMES: tuple[str, ...] = get_args(Scheduler)
#: diffusers' classes, where they aren't the recipe's word plus `Scheduler`.
CLASSES = {
    "UniPC": "UniPCMultistepScheduler",
    "Euler": "EulerDiscreteScheduler",
    "EulerAncestral": "EulerAncestralDiscreteScheduler",
    "Heun": "HeunDiscreteScheduler",
    "LMS": "LMSDiscreteScheduler",
}
#: Samplers of a schedule of betas that also follow a flow (`use_flow_sigmas`).
FLOW = ("DPMSolverMultistep", "UniPC")
#: Samplers that clip to [-1, 1] unless told otherwise: right for pixels, wrong for latents.
CLIPPING = ("DDIM", "DDPM")
#: Defaults of the schedule that a model was trained with; two classes have others than the rest.
BETAS = {"beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear"}
OTHER_BETAS = {
    "HeunDiscreteScheduler": {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "linear"},
    "LCMScheduler": {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"},
}
#: Samplers that pass over what a model was trained to do, without a word.
NO_CLEAN_IMAGES = ("EulerAncestral", "PNDM")  # `prediction_type: sample`
NO_PURE_NOISE = ("Heun", "PNDM", "LMS")  # `rescale_betas_zero_snr`
#: Parts of a pipeline that turn latents into pixels, one of which each latent model has.
DECODERS = ("vae", "movq", "vqvae")


def name_class(name: str) -> str:
    """Name diffusers' class of a sampler."""
    return CLASSES.get(name, f"{name}Scheduler")


def list_fitting(config: Mapping[str, Any], pipeline: str = "") -> tuple[str, ...]:
    """Name the samplers that can take over a scheduler's configuration.

    Args:
        config: content of `scheduler_config.json`.
        pipeline: class of the pipeline, where it calls its sampler in a way of its own.

    Returns:
        Values for `source.scheduler`; none for flow-matching samplers, which have no schedule of
        betas.
    """
    own = str(config.get("_class_name", ""))
    if pipeline.startswith("LatentConsistency"):
        return ("LCM",)
    if config.get("timestep_type") == "continuous":  # the model is told noise levels, not steps
        return ("Euler",)
    if config.get("use_flow_sigmas") or config.get("prediction_type") == "flow_prediction":
        return FLOW
    if "beta_schedule" not in config and own not in map(name_class, NAMES):
        return ()
    passed_over: tuple[str, ...] = ()
    if config.get("prediction_type") == "sample":
        passed_over += NO_CLEAN_IMAGES
    if config.get("rescale_betas_zero_snr"):
        passed_over += NO_PURE_NOISE
    return tuple(name for name in NAMES if name not in passed_over or name_class(name) == own)


def explain_misfit(
    name: str, config: Mapping[str, Any], pipeline: str = ""
) -> tuple[str, str] | None:
    """Say that a sampler does not fit the model's own, and which ones do: (found, right)."""
    found = list_fitting(config, pipeline)
    if name in found:
        return None
    own = str(config.get("_class_name", "scheduler"))
    right = (
        f"these fit: {', '.join(found)}; or leave it out"
        if found
        else f"leave it out: only {own} fits this model"
    )
    return f"{name!r} cannot replace the model's {own}", right


def list_added_fields(name: str, config: Mapping[str, Any], latent: bool) -> dict[str, Any]:
    """Give the fields that a sampler is told although the model's configuration lacks them: where
    its own defaults are others than the model was made with.

    >>> list_added_fields("DDIM", {"_class_name": "DPMSolverMultistepScheduler"}, latent=True)
    {'clip_sample': False}

    Args:
        name: the sampler, as a recipe names it.
        config: content of `scheduler_config.json`.
        latent: whether the model works on latents, which have no range that one could clip to.
    """
    own = OTHER_BETAS.get(str(config.get("_class_name")), BETAS)
    mine = OTHER_BETAS.get(name_class(name), BETAS)
    fields: dict[str, Any] = {
        field: value for field, value in own.items() if field not in config and value != mine[field]
    }
    if latent and name in CLIPPING and "clip_sample" not in config:
        fields["clip_sample"] = False
    return fields


def is_latent(parts: Mapping[str, Any]) -> bool:
    """Tell from a pipeline's parts, or from its `model_index.json`, whether it works on latents."""
    return any(parts.get(name) not in (None, [None, None]) for name in DECODERS)
