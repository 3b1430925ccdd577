"""How long an image takes, before any was made: an estimate, named as one."""

from __future__ import annotations

import os
import shutil
from statistics import fmean

from synthset.generators import models as generator_models
from synthset.generators.gan.cost import products_an_update
from synthset.recipe.openimages import OpenImages
from synthset.recipe.pools import Pool
from synthset.recipe.recipe import Recipe
from synthset.recipe.sources import Augment, Diffusion, Folder, Gan, Img2Img, Shapes

# Core-seconds a step and megapixel with guidance, from measurements of Stable Diffusion 1.5 at 512
# px in float32 on one core of an AMD EPYC (19 s a step) and of the miniature (about 0.01 s a step
# of its 32 x 32 px).
CPU_MINIATURE = 0.012
CPU_STEP_MEGAPIXEL = 72.0
CHANGE = 0.001  # core-seconds that one augmented copy of 32 x 32 px takes
SAMPLE = 0.002  # core-seconds that a GAN takes for one image of 32 x 32 px
# A GAN's training, on one core of the same server: seconds an update whatever its size,
# multiplications a second, and seconds to make and judge an image (by the small classifier).
UPDATE, PRODUCTS, SEEN = 0.02, 27e9, 0.003
# GPU seconds a step and megapixel: SD 1.5, float16, 50 steps at 512 px in 1.60 s on an A100
# (fal-ai's benchmark).
GPU_STEP_MEGAPIXEL = 0.122
GPU_BASIS = "Stable Diffusion 1.5 on an A100; another model or GPU differs"


def seconds_per_image(recipe: Recipe) -> tuple[float | None, str]:
    """Estimate the seconds that one image takes on this machine, all workers together.

    Returns:
        The estimate and what it rests on; None where there is nothing to rest on.
    """
    source = recipe.source
    if not isinstance(source, Diffusion):
        return _without_prompts(source)
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    if source.model == "miniature":
        each = CPU_MINIATURE * _steps(source) / cores
        return each, f"measured for the miniature on one core of a server, over {cores} cores"
    size = (
        (source.size_px, source.size_px) if source.size_px else generator_models.native_size(source)
    )
    if size is None:
        return None, "the model's size isn't known before it is downloaded"
    work = _steps(source) * size[0] * size[1] / 1e6
    if source.device != "cpu" and shutil.which("nvidia-smi"):
        return GPU_STEP_MEGAPIXEL * work, GPU_BASIS
    return (
        CPU_STEP_MEGAPIXEL * work / cores,
        f"Stable Diffusion 1.5 in float32, over {cores} CPU cores",
    )


def _steps(source: Diffusion) -> float:
    """Denoising steps of one image; from another image only a share of them is run."""
    if isinstance(source, Img2Img):
        return source.num_steps * fmean(source.strengths)
    return source.num_steps


def _without_prompts(
    source: Folder | Augment | Gan | Pool | OpenImages | Shapes,
) -> tuple[float, str]:
    if isinstance(source, Shapes):
        return source.delay_s, "a fake generator"
    if isinstance(source, Augment):
        return CHANGE, "measured for 32 px on one core of a server"
    if isinstance(source, Gan):
        return SAMPLE * (source.size_px / 32) ** 2, "measured on one core of a server"
    return 0.002, "importing is quick"


def training_seconds(source: Gan) -> float:
    """Estimate the seconds that the training of a GAN takes on one core."""
    looks = -(-source.updates // source.look_every)
    update = UPDATE + products_an_update(source) / PRODUCTS
    return source.updates * update + 2 * looks * source.look_images * SEEN


def gpu_seconds_per_image(recipe: Recipe) -> float | None:
    """Estimate the seconds that one image takes on one A100, wherever this runs; None for sources
    that need no GPU, and where the model's size isn't known."""
    source = recipe.source
    if not isinstance(source, Diffusion) or source.model == "miniature":
        return None
    size = (
        (source.size_px, source.size_px) if source.size_px else generator_models.native_size(source)
    )
    if size is None:
        return None
    return GPU_STEP_MEGAPIXEL * _steps(source) * size[0] * size[1] / 1e6
