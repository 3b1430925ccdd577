"""The bare loop: a diffusers pipeline, JPEG files, and nothing else.

python benchmarks/generation_loop.py FOLDER IMAGES
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from diffusers import DiffusionPipeline

from synthset.models.miniatures import locate

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
folder, count = Path(sys.argv[1]), int(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
pipeline = DiffusionPipeline.from_pretrained(locate("txt2img"))
pipeline.set_progress_bar_config(disable=True)
prompts = [f"a photo of a {NAMES[i % len(NAMES)]}" for i in range(count)]
for start in range(0, count, 16):
    batch = prompts[start : start + 16]
    seeds = [torch.Generator().manual_seed(start + i) for i in range(len(batch))]
    images = pipeline(batch, num_inference_steps=10, guidance_scale=3.0, generator=seeds).images
    for i, image in enumerate(images):
        image.save(folder / f"{start + i}.jpg", quality=95)
