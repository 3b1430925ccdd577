"""What a user writes: diffusers, open_clip's score as a filter, and a folder for each class.

python benchmarks/generation_script.py FOLDER IMAGES
"""

from __future__ import annotations

import sys
from pathlib import Path

import open_clip
import torch
from diffusers import DiffusionPipeline

from synthset.models.miniatures import locate

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
LEAST = 80
folder, count = Path(sys.argv[1]), int(sys.argv[2])
pipeline = DiffusionPipeline.from_pretrained(locate("txt2img"))
pipeline.set_progress_bar_config(disable=True)
name = f"local-dir:{locate('clip')}"
clip, _, preprocess = open_clip.create_model_and_transforms(name)
tokenizer = open_clip.get_tokenizer(name)
clip.eval()
classes = [NAMES[i % len(NAMES)] for i in range(count)]
for start in range(0, count, 16):
    batch = classes[start : start + 16]
    prompts = [f"a photo of a {one}" for one in batch]
    seeds = [torch.Generator().manual_seed(start + i) for i in range(len(batch))]
    images = pipeline(prompts, num_inference_steps=10, guidance_scale=3.0, generator=seeds).images
    with torch.inference_mode():
        pictures = clip.encode_image(torch.stack([preprocess(image) for image in images]))
        texts = clip.encode_text(tokenizer(prompts))
    scores = 100 * torch.nn.functional.cosine_similarity(pictures, texts)
    for i, (image, score) in enumerate(zip(images, scores.tolist(), strict=True)):
        if score >= LEAST:
            place = folder / batch[i]
            place.mkdir(parents=True, exist_ok=True)
            image.save(place / f"{start + i}.jpg", quality=95)
