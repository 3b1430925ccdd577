"""Make pictures with the text-to-image miniature, each from its own seed."""

import time
from pathlib import Path

import numpy as np
import torch
from diffusers import DiffusionPipeline
from scripts.miniatures.captions import plain_prompts
from scripts.miniatures.loop import pick_device
from torch import Tensor

BATCH = 40


def load_pipeline(folder: Path) -> DiffusionPipeline:
    """Load the shipped pipeline, without a progress bar for each batch."""
    pipeline = DiffusionPipeline.from_pretrained(folder, local_files_only=True).to(pick_device())
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def sample(
    pipeline: DiffusionPipeline, prompts: list[str], first_seed: int, settings: dict[str, float]
) -> Tensor:
    """Make one picture per prompt, the i-th from seed `first_seed + i`.

    Args:
        settings: num_steps and guidance_scale.

    Returns:
        (N, 3, 32, 32) uint8 RGB.
    """
    found = []
    for start in range(0, len(prompts), BATCH):
        part = prompts[start : start + BATCH]
        seeds = range(first_seed + start, first_seed + start + len(part))
        made = pipeline(
            part,
            num_inference_steps=int(settings["num_steps"]),
            guidance_scale=settings["guidance_scale"],
            generator=[torch.Generator().manual_seed(seed) for seed in seeds],
            output_type="np",
        ).images  # (n, 32, 32, 3) float32 in [0, 1]
        found.append(torch.from_numpy((made * 255).round().astype(np.uint8)).permute(0, 3, 1, 2))
    return torch.cat(found)


def sample_classes(
    pipeline: DiffusionPipeline, per_class: int, settings: dict[str, float], template: str
) -> tuple[Tensor, Tensor, float]:
    """Make `per_class` pictures of each class, in turn.

    Returns:
        (N, 3, 32, 32) uint8 pictures, (N,) int64 labels, and the processor's seconds per picture.
    """
    prompts = plain_prompts(template) * per_class
    labels = torch.arange(len(plain_prompts())).repeat(per_class)
    clock = time.process_time()
    images = sample(pipeline, prompts, 0, settings)
    return images, labels, (time.process_time() - clock) / len(prompts)


def contact_sheet(images: Tensor, columns: int, zoom: int = 2, gap: int = 2) -> np.ndarray:
    """Lay pictures out in rows: (N, 3, H, W) uint8 -> (rows, width, 3) uint8."""
    height, width = (side * zoom + gap for side in images.shape[-2:])
    sheet = np.full((-(-len(images) // columns) * height, columns * width, 3), 255, np.uint8)
    for index, image in enumerate(images):
        top, left = index // columns * height, index % columns * width
        large = image.permute(1, 2, 0).numpy().repeat(zoom, 0).repeat(zoom, 1)
        sheet[top : top + height - gap, left : left + width - gap] = large
    return sheet
