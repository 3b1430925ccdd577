"""How long an image takes, before any was made: an estimate, named as one."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from statistics import fmean

from synthset.machine import computes_bfloat16, may_have_gpu
from synthset.recipe.sources import Diffusion, Img2Img
from synthset.sources.diffusion import models as generator_models

# Core-seconds a pass of the network and megapixel, from measurements of Stable Diffusion 1.5 at 512
# px in float32 on one core of an AMD EPYC (19 s a step with guidance, which is two passes); and of
# the miniature (about 0.01 s a step of its 32 x 32 px with guidance).
CPU_MINIATURE = 0.006
CPU_PASS_MEGAPIXEL = 36.0
# GPU seconds a pass and megapixel: SD 1.5, float16, 50 steps with guidance at 512 px in 1.60 s on
# an A100 (fal-ai's benchmark); float32 takes 2.6 times as long (9.50 s for 3.61 s on a Titan RTX,
# diffusers' page on speed).
GPU_PASS_MEGAPIXEL = 0.061
GPU_FLOAT32 = 2.6
# bfloat16 beside float32 on one core of an AMD EPYC with AVX512-BF16: CPU time and pixels of the
# miniature, 10 steps with guidance, batches of 16.
BFLOAT16_FASTER, BFLOAT16_LEVELS, BFLOAT16_MOST = 1.6, 0.5, 10
SIZE_UNKNOWN = "the model's image size isn't known before it is downloaded; set size_px"
MEASURED = 860_000_000  # numbers in Stable Diffusion 1.5's UNet


@dataclass(frozen=True, slots=True)
class Work:
    """What one image takes of a network.

    Attributes:
        amount: passes times megapixels, as many as Stable Diffusion 1.5 would need.
        assumed: in words, what it rests on.
    """

    amount: float
    assumed: str


def advise_dtype(source: Diffusion) -> list[str]:
    """Offer bfloat16 where a CPU has it: it's faster, but makes other images."""
    on_cpu = source.device == "cpu" or (source.device == "auto" and not may_have_gpu())
    if source.dtype not in ("auto", "float32") or not on_cpu or not computes_bfloat16():
        return []
    return [
        "this CPU has instructions for bfloat16: with source.dtype: bfloat16 the miniature was "
        f"{BFLOAT16_FASTER} times as fast, and its pixels differed by {BFLOAT16_LEVELS} of 255 "
        f"levels on average and by {BFLOAT16_MOST} at most; these are other images, so float32 is "
        "the default"
    ]


def estimate_seconds(source: Diffusion) -> tuple[float | None, str]:
    """Estimate the seconds that one image takes on this machine, all workers together.

    Returns:
        The estimate and what it rests on; None where there is nothing to rest on.
    """
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    if source.model == "miniature":
        each = CPU_MINIATURE * _passes(source) / cores
        return each, f"the miniature's speed on one core of a server, times {cores} cores"
    if source.device != "cpu" and shutil.which("nvidia-smi"):
        return estimate_gpu_seconds(source)
    work = _work(source)
    if work is None:
        return None, SIZE_UNKNOWN
    dtype = "" if source.dtype in ("auto", "float32") else f"; {source.dtype} has not been measured"
    basis = f"Stable Diffusion 1.5 in float32, over {cores} CPU cores{dtype}; {work.assumed}"
    return CPU_PASS_MEGAPIXEL * work.amount / cores, basis


def estimate_gpu_seconds(source: Diffusion) -> tuple[float | None, str]:
    """Estimate the seconds that one image takes on one A100, wherever this runs.

    Returns:
        The estimate and what it rests on; None for the miniature, which needs no GPU, and where the
        model's size isn't known.
    """
    if source.model == "miniature":
        return None, "no GPU is needed"
    work = _work(source)
    if work is None:
        return None, SIZE_UNKNOWN
    slow = source.dtype == "float32"
    dtype = f"float32, {GPU_FLOAT32:g} times float16" if slow else "float16"
    basis = f"Stable Diffusion 1.5 on an A100 in {dtype}; other GPUs differ; {work.assumed}"
    return GPU_PASS_MEGAPIXEL * (GPU_FLOAT32 if slow else 1) * work.amount, basis


def _work(source: Diffusion) -> Work | None:
    """Size one image up; None where its pixels aren't known."""
    side = source.size_px
    size = (side, side) if side else generator_models.read_native_size(source)
    if size is None:
        return None
    acting, numbers = (
        generator_models.read_acting(source),
        generator_models.count_parameters(source),
    )
    passes = "two passes per step for guidance" if _twice(source) else "one pass per step"
    if acting is None:
        passes = f"{passes} assumed, since the model isn't on this machine"
    weight = (numbers or MEASURED) / MEASURED
    network = (
        f"a network {weight:.2g} times as large, so as many times slower"
        if numbers
        else "a network of the same size assumed, since the model isn't on this machine"
    )
    amount = _passes(source) * weight * size[0] * size[1] / 1e6
    return Work(amount, f"{size[0]} x {size[1]} px; {passes}; {network}")


def _passes(source: Diffusion) -> float:
    """How often the network runs for one image."""
    return _steps(source) * (2 if _twice(source) else 1)


def _twice(source: Diffusion) -> bool:
    """Whether a step runs the network with the prompt and without."""
    acting = generator_models.read_acting(source)
    return source.guidance_scale > 1 if acting is None else acting.passes == 2


def _steps(source: Diffusion) -> float:
    """Denoising steps of one image; from another image only a share of them is run."""
    if isinstance(source, Img2Img):
        return source.num_steps * fmean(source.strengths)
    return source.num_steps
