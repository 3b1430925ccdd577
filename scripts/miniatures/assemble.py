"""Write the folders that the package ships from the checkpoints of a training run.

    python -m scripts.miniatures.assemble --data DATA --work WORK

Weights are stored as float16; every folder is read by its own library without further arguments.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionPipeline
from scripts.miniatures.config import SHIPPED, read_config
from scripts.miniatures.loop import averaged
from scripts.miniatures.rows import CLASS_NAMES, read_cifake, unit
from scripts.miniatures.text_to_image import (
    build_autoencoder,
    build_scheduler,
    build_text_encoder,
    build_unet,
)
from scripts.miniatures.tokenizer import build_tokenizer
from scripts.miniatures.train_classifier import MEAN, STD, build_classifier
from scripts.miniatures.train_clip import build_clip, save_clip
from timm.models import save_for_hf
from torch import nn
from transformers import CLIPTokenizer

SHARD = "10MB"


def build_pipeline(config: dict[str, Any], data: Path, work: Path) -> StableDiffusionPipeline:
    """Build the float32 pipeline from the averaged weights of both checkpoints."""
    shape, rows = config["txt2img"], read_cifake(data, "train")
    tokenizer = build_tokenizer(shape["text"])
    text_encoder = build_text_encoder(shape["text"], tokenizer)
    model = nn.ModuleDict({"unet": build_unet(shape), "text_encoder": text_encoder})
    averaged(work / "unet.pt", model)
    vae = build_autoencoder(shape, unit(rows.images[::9]))
    averaged(work / "decoder.pt", vae)
    return StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=model["unet"],
        scheduler=build_scheduler(shape["noise"]),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def save_pipeline(pipeline: StableDiffusionPipeline, folder: Path) -> None:
    """Write the pipeline in float16, such that it is read back in float32."""
    clear(folder)
    pipeline.to(torch.float16).save_pretrained(folder, max_shard_size=SHARD)
    path = folder / "text_encoder" / "config.json"
    settings = json.loads(path.read_text())
    settings["dtype"] = "float32"  # transformers 5 obeys this, and the others load in float32
    path.write_text(json.dumps(settings, indent=2) + "\n")
    save_old_tokenizer(pipeline.tokenizer, folder / "tokenizer")


def save_old_tokenizer(tokenizer: CLIPTokenizer, folder: Path) -> None:
    """Write vocab.json and merges.txt beside tokenizer.json, for transformers before 5."""
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False))
    lines = ["#version: 0.2", *(" ".join(pair) for pair in model["merges"])]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n")


def save_classifier(config: dict[str, Any], work: Path, folder: Path) -> None:
    """Write the folder that timm reads as "local-dir:FOLDER"."""
    clear(folder)
    shape = config["classifier"]
    model = averaged(work / "classifier.pt", build_classifier(shape))
    size = (3, shape["image_size_px"], shape["image_size_px"])
    model.pretrained_cfg = {
        "architecture": shape["timm_model"], "input_size": size, "fixed_input_size": False,
        "interpolation": "bicubic", "crop_pct": 1.0, "crop_mode": "center", "mean": MEAN,
        "std": STD, "num_classes": len(CLASS_NAMES), "pool_size": None, "first_conv": "conv1.0",
        "classifier": "fc",
    }  # fmt: skip
    save_for_hf(
        model.half(), str(folder), safe_serialization=True, model_args=shape["args"],
        model_config={"label_names": list(CLASS_NAMES)},
    )  # fmt: skip


def clear(folder: Path) -> None:
    """Empty a folder of the package that this script writes as a whole, except for its card."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "README.md":
            path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with cifake/")
    parser.add_argument("--work", type=Path, required=True, help="the folder with checkpoints")
    parser.add_argument("--shipped", type=Path, default=SHIPPED, help="where the folders go")
    names = ("txt2img", "clip", "classifier")
    parser.add_argument("--parts", nargs="+", choices=names, default=names, help="what to write")
    options = parser.parse_args()
    config, shipped, work = read_config("cpu"), options.shipped, options.work
    if "txt2img" in options.parts:
        save_pipeline(build_pipeline(config, options.data, work), shipped / "txt2img")
    if "clip" in options.parts:
        clear(shipped / "clip")
        save_clip(averaged(work / "clip.pt", build_clip(config)), config, shipped / "clip")
        save_old_tokenizer(build_tokenizer(config["txt2img"]["text"]), shipped / "clip")
    if "classifier" in options.parts:
        save_classifier(config, work, shipped / "classifier")
    for path in options.shipped.rglob("*.safetensors"):
        path.chmod(0o644)  # safetensors writes for the owner alone


if __name__ == "__main__":
    main()
