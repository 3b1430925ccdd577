"""Images per second and memory at Stable Diffusion's size, compared with a plain loop.

    python benchmarks/gpu/generation.py                 # a GPU: SD 1.5's sizes, 512 px, 25 steps
    python benchmarks/gpu/generation.py --size tiny --steps 2 --images 4   # a CPU: does it run?

Weights don't affect the speed, so they are random and nothing is downloaded. The output is JSON:
the plain loop that users write (one image per call), synthset's stage at growing batch sizes, and
the ceiling: how fast the same multiplications would be at the rate of one large matrix product.
From 512 px on, the autoencoder decodes images one by one, as in a run; `--vae whole` measures what
that costs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import diffusers
import pyarrow as pa
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoTokenizer, CLIPTextConfig, CLIPTextModel

from synthset.models.miniatures import locate
from synthset.recipe.sources import Txt2Img as Settings
from synthset.sources.diffusion.pipelines import SLICED_VAE_PX
from synthset.sources.diffusion.txt2img import Txt2ImgStage
from synthset.stage import Rows

SIZES: dict[str, dict[str, Any]] = {
    "sd15": {"unet": (320, 640, 1280, 1280), "vae": (128, 256, 512, 512), "text": 768, "px": 512},
    "tiny": {"unet": (32, 64), "vae": (32, 32, 32, 32), "text": 32, "px": 64},
}
PROMPT = "a photo of a cat"


def pipeline(size: str, device: str, dtype: torch.dtype, vae_in_slices: bool = True) -> Any:
    """Build a Stable Diffusion 1.x pipeline with random weights."""
    torch.manual_seed(0)
    shape = SIZES[size]
    deep = len(shape["unet"]) > 2
    down = ("CrossAttnDownBlock2D",) * (len(shape["unet"]) - 1) + ("DownBlock2D",)
    unet = diffusers.UNet2DConditionModel(
        sample_size=shape["px"] // 8,
        block_out_channels=shape["unet"],
        layers_per_block=2 if deep else 1,
        down_block_types=down,
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * (len(shape["unet"]) - 1),
        cross_attention_dim=shape["text"],
        attention_head_dim=8,
    )
    vae = diffusers.AutoencoderKL(
        block_out_channels=shape["vae"],
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2 if deep else 1,
        latent_channels=4,
    )
    text = CLIPTextModel(
        CLIPTextConfig(
            hidden_size=shape["text"],
            intermediate_size=4 * shape["text"],
            num_hidden_layers=12 if deep else 2,
            num_attention_heads=12 if deep else 2,
        )
    )
    made = diffusers.StableDiffusionPipeline(
        vae=vae,
        text_encoder=text,
        tokenizer=AutoTokenizer.from_pretrained(locate("txt2img") / "tokenizer"),
        unet=unet,
        scheduler=diffusers.DPMSolverMultistepScheduler(
            beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).to(device, dtype)
    made.set_progress_bar_config(disable=True)
    if vae_in_slices and shape["px"] >= SLICED_VAE_PX:
        made.vae.enable_slicing()
    return made


def timed(run: Callable[[], object], device: str) -> float:
    """Seconds of a call, the device's work included."""
    if device == "cuda":
        torch.cuda.synchronize()
    begun = time.perf_counter()
    run()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - begun


def ceiling(device: str, dtype: torch.dtype) -> float:
    """FLOP/s of one large matrix product, the best of ten."""
    size = 8192 if device == "cuda" else 1024
    a = torch.randn(size, size, device=device, dtype=dtype)
    seconds = min(timed(lambda: a @ a, device) for _ in range(10))
    return float(2 * size**3 / seconds)


def flops(pipe: Any, steps: int, px: int) -> float:
    """FLOP of one image, counted."""
    with FlopCounterMode(display=False) as counter:
        pipe(PROMPT, num_inference_steps=1, guidance_scale=2.0, height=px, width=px)
    one = counter.get_total_flops()
    with FlopCounterMode(display=False) as counter:
        pipe(PROMPT, num_inference_steps=2, guidance_scale=2.0, height=px, width=px)
    step = counter.get_total_flops() - one
    return float(one + (steps - 1) * step)


def rows(count: int) -> Rows:
    """Planned records of one prompt."""
    return Rows(
        pa.table(
            {
                "id": [f"{i:032d}" for i in range(count)],
                "prompt": [PROMPT] * count,
                "negative_prompt": pa.nulls(count, pa.string()),
                "seed": list(range(count)),
            }
        )
    )


def ours(pipe: Any, settings: dict[str, Any], batch: int, count: int, device: str) -> float:
    """Images per second of our stage, JPEG encoding included, after a warm-up."""
    stage = Txt2ImgStage(Settings(kind="txt2img", batch_size=batch, **settings))
    stage.use(pipe)
    failed = stage(rows(batch))["error"].drop_null()
    if len(failed):
        raise SystemExit(f"batches of {batch}: {failed[0]}")
    todo = max(count, batch)
    return todo / timed(lambda: stage(rows(todo)), device)


def plain(pipe: Any, settings: dict[str, Any], count: int, device: str) -> float:
    """Images per second of the loop that users write."""

    def loop() -> None:
        for seed in range(count):
            pipe(
                PROMPT,
                num_inference_steps=settings["num_steps"],
                guidance_scale=settings["guidance_scale"],
                height=settings["size_px"],
                width=settings["size_px"],
                generator=torch.Generator("cpu").manual_seed(seed),
            )

    pipe(PROMPT, num_inference_steps=1, height=settings["size_px"], width=settings["size_px"])
    return count / timed(loop, device)


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=sorted(SIZES), default="sd15")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--images", type=int, default=32)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 8, 16, 32])
    parser.add_argument("--vae", choices=("sliced", "whole"), default="sliced")
    asked = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.float16 if device == "cuda" else torch.float32
    px = SIZES[asked.size]["px"]
    settings = {"guidance_scale": 2.0, "num_steps": asked.steps, "size_px": px}
    pipe = pipeline(asked.size, device, dtype, asked.vae == "sliced")
    peak, work = ceiling(device, dtype), flops(pipe, asked.steps, px)
    found: dict[str, Any] = {
        "device": torch.cuda.get_device_name() if device == "cuda" else "CPU",
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
        "size": asked.size,
        "steps": asked.steps,
        "vae": asked.vae,
        "tflop_per_image": work / 1e12,
        "matmul_tflop_per_s": peak / 1e12,
        "ceiling_images_per_s": peak / work,
        "plain_loop_images_per_s": plain(pipe, settings, min(asked.images, 8), device),
        "ours_images_per_s": {},
        "peak_memory_gb": {},
    }
    for batch in asked.batches:
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        found["ours_images_per_s"][batch] = ours(pipe, settings, batch, asked.images, device)
        if device == "cuda":
            found["peak_memory_gb"][batch] = torch.cuda.max_memory_allocated() / 1e9
        print(f"batches of {batch} done", file=sys.stderr, flush=True)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
