"""Which of guidance and negative prompt act on a model's images: others are no setting, and no
fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Pipelines (diffusers 0.42) whose networks are told the guidance, or that take no negative prompt.
NO_NEGATIVE = ("Flux", "LatentConsistency", "SanaSprint", "Ideogram4", "GlmImage")
#: Pipelines that are guided from 0 on, where all others are from 1 on.
FROM_ZERO = ("ZImage", "Krea2")
NO_GUIDANCE = ("WuerstchenCombined", "StableCascadeCombined", "QwenImage21")


@dataclass(frozen=True, slots=True)
class Acting:
    """What acts.

    Attributes:
        guidance: whether another `guidance_scale` would give other images.
        negative: whether a negative prompt would.
        passes: how often the network runs at each step: twice where an image is guided away from
            one without its prompt.
        why: in words, why the negative prompt doesn't act; empty where it does.
    """

    guidance: bool
    negative: bool
    passes: int
    why: str = ""


def find_acting(
    pipeline: str, network: Mapping[str, Any], scale: float, distilled: bool = False
) -> Acting:
    """Tell what acts on a model's images.

    Args:
        pipeline: class of the pipeline, as `model_index.json` names it.
        network: configuration of its UNet or transformer.
        scale: the recipe's `guidance_scale`.
        distilled: `is_distilled` of `model_index.json`.

    >>> find_acting("StableDiffusionPipeline", {}, 1.0).negative
    False
    """
    if pipeline.startswith("QwenImage"):  # a guidance of its own, only beside a negative prompt
        return Acting(bool(network.get("guidance_embeds")), True, 1)
    if pipeline.startswith("Flux2Klein"):
        guided = scale > 1 and not distilled
        return Acting(not distilled, False, 1 + guided, f"a {pipeline} takes no negative prompt")
    if pipeline.startswith("Flux") and not pipeline.startswith("Flux2"):
        told = bool(network.get("guidance_embeds"))
        return Acting(told, False, 1, f"a {pipeline} has no guidance away from a prompt")
    if pipeline.startswith(NO_NEGATIVE):
        return Acting(True, False, 1, f"a {pipeline} takes no negative prompt")
    if network.get("time_cond_proj_dim") is not None:
        return Acting(
            True, False, 1, "the model takes its guidance as an input and no negative prompt"
        )
    least = 0 if pipeline.startswith(FROM_ZERO) else 1
    if scale > least:
        return Acting(True, True, 2)
    return Acting(
        True,
        False,
        1,
        f"at guidance_scale {scale:g} a negative prompt has no effect; set it above {least}",
    )
