"""Train the CLIP miniature on the generated half of CIFAKE and captions made of class names.

    python -m scripts.miniatures.train_clip --data DATA --work WORK

Many captions of a batch fit a picture equally well, so the loss is UniCL's: every caption of the
same class is right.   Paper: Yang et al. 2022, arXiv 2204.03610
"""

import argparse
import json
import random
from pathlib import Path
from typing import Any

import open_clip
import torch
from safetensors.torch import save_file
from scripts.miniatures.captions import Captions, plain_prompts
from scripts.miniatures.config import Schedule, read_captions, read_config
from scripts.miniatures.loop import Job, pick_device
from scripts.miniatures.optimizers import MuonAdamW, groups_of
from scripts.miniatures.rows import Rows, flip_some, read_cifake, unit
from scripts.miniatures.tokenizer import build_tokenizer
from torch import Tensor, nn
from torch.nn import functional

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
CROP_SHARE, COLOUR = 0.5, 0.4  # smallest side of a crop; how far colours move
NUM_CHECKED = 2000
OUTER = ("visual.conv1", "embedding", "text_projection", "attnpool")


def model_config(config: dict[str, Any]) -> dict[str, Any]:
    """Return the model as open_clip writes it."""
    text = config["clip"]["text"]
    return {
        "embed_dim": text["embed_dim"],
        "vision_cfg": config["clip"]["vision"],
        "text_cfg": {
            "context_length": config["txt2img"]["text"]["context_length"],
            "vocab_size": config["txt2img"]["text"]["vocab_size"],
            "hf_tokenizer_name": "tokenizer beside this file",
            "width": text["width"],
            "heads": text["heads"],
            "layers": text["layers"],
        },
    }


def build_clip(config: dict[str, Any]) -> nn.Module:
    """Build the untrained CLIP."""
    model: nn.Module = open_clip.CLIP(**model_config(config))
    return model


def prepare(images: Tensor, size_px: int) -> Tensor:
    """(N, 3, H, W) in [0, 1] -> (N, 3, size, size), scaled as Pillow does, normalised."""
    pixels = functional.interpolate(
        images, size_px, mode="bicubic", align_corners=False, antialias=True
    ).clamp(0, 1)
    mean, std = (torch.tensor(one, device=images.device).view(3, 1, 1) for one in (MEAN, STD))
    return (pixels - mean) / std


def vary(images: Tensor, generator: torch.Generator, size_px: int) -> Tensor:
    """Crop, mirror and recolour each picture: (N, 3, 32, 32) uint8 -> (N, 3, size, size)."""
    count, device = len(images), images.device
    draw = torch.rand((8, count), generator=generator).to(device)
    side = CROP_SHARE + (1 - CROP_SHARE) * draw[0]
    stretch = (0.8 + 0.45 * draw[1]).sqrt()
    width, height = (side * stretch).clamp(max=1), (side / stretch).clamp(max=1)
    theta = torch.zeros(count, 2, 3, device=device)
    theta[:, 0, 0], theta[:, 1, 1] = width, height
    theta[:, 0, 2], theta[:, 1, 2] = (
        (2 * draw[2] - 1) * (1 - width),
        (2 * draw[3] - 1) * (1 - height),
    )
    grid = functional.affine_grid(theta, [count, 3, size_px, size_px], align_corners=False)
    pixels = unit(flip_some(images, generator))
    pixels = functional.grid_sample(
        pixels, grid, mode="bicubic", padding_mode="reflection", align_corners=False
    )
    light, contrast, colour = (1 + COLOUR * (2 * draw[4:7] - 1))[..., None, None, None]
    pixels = pixels * light
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    pixels = (pixels - mean) * contrast + mean
    grey = pixels.mean(dim=1, keepdim=True)
    pixels = ((pixels - grey) * colour + grey).clamp(0, 1)
    mean, std = (torch.tensor(one, device=device).view(3, 1, 1) for one in (MEAN, STD))
    return (pixels - mean) / std


def unicl_loss(images: Tensor, texts: Tensor, scale: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy both ways, where every pair of one class counts as right.

    Args:
        images, texts: (N, D) unit-length features. labels: (N,) int64.
    """
    logits = scale * images @ texts.T  # (N, N)
    same = (labels[:, None] == labels).float()
    target = same / same.sum(dim=1, keepdim=True)
    one_way = functional.cross_entropy(logits, target)
    return (one_way + functional.cross_entropy(logits.T, target)) / 2


@torch.no_grad()
def zero_shot(model: nn.Module, tokens: Tensor, rows: Rows, size_px: int) -> float:
    """Return the share of rows that are nearest to the prompt of their own class.

    Args:
        tokens: (K, context_length), a prompt per class.
    """
    texts, right = model.encode_text(tokens, normalize=True), 0
    for start in range(0, len(rows), 500):
        part = rows.at(torch.arange(start, min(start + 500, len(rows))))
        images = model.encode_image(prepare(unit(part.images), size_px), normalize=True)
        right += int(((images @ texts.T).argmax(1) == part.labels).sum())
    return right / len(rows)


def train(config: dict[str, Any], data: Path, work: Path, device: torch.device) -> None:
    """Train to the end of the schedule, or until a signal."""
    size_px = config["clip"]["vision"]["image_size"]
    schedule: Schedule = config["schedules"]["clip"]
    rows, held = held_out(read_cifake(data, "train"))
    rows, held = rows.to(device), held.to(device)
    torch.manual_seed(config["seed"])
    tokenizer = build_tokenizer(config["txt2img"]["text"])
    captions, model = Captions(read_captions()), build_clip(config).to(device)

    def tokens(texts: list[str]) -> Tensor:
        coded = tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt")
        return coded.input_ids.to(device)

    def loss(indexes: Tensor, generator: torch.Generator, position: int) -> Tensor:
        part = rows.at(indexes.to(device))
        dice = random.Random(int(torch.randint(2**62, (1,), generator=generator)))
        drawn = [captions.draw(one, dice, may_be_empty=False) for one in part.labels.tolist()]
        with torch.autocast(device.type, torch.bfloat16):
            images = model.encode_image(vary(part.images, generator, size_px))
            texts = model.encode_text(tokens(drawn))
        images, texts = (functional.normalize(one.float(), dim=1) for one in (images, texts))
        scale = model.logit_scale.exp().clamp(max=30)
        return unicl_loss(images, texts, scale, part.labels)

    def check(average: nn.Module) -> dict[str, float]:
        accuracy = zero_shot(average, tokens(plain_prompts()), held, size_px)
        return {"holdout_zero_shot": accuracy, "scale": float(average.logit_scale.exp())}

    optimizer = MuonAdamW(groups_of(model, OUTER), schedule.learning_rate, schedule.weight_decay)
    Job(
        "clip", work, model, optimizer, schedule, len(rows), config["seed"], loss, check,
        check_images=50_000,
    ).run()  # fmt: skip


def held_out(rows: Rows) -> tuple[Rows, Rows]:
    """Return the rows to train on and NUM_CHECKED others, evenly spread."""
    held = torch.linspace(0, len(rows) - 1, NUM_CHECKED).long()
    kept = torch.ones(len(rows), dtype=torch.bool)
    kept[held] = False
    return rows.at(kept.nonzero().flatten()), rows.at(held)


def save_clip(model: nn.Module, config: dict[str, Any], folder: Path) -> None:
    """Write the folder that open_clip reads as "local-dir:FOLDER"; weights as float16."""
    folder.mkdir(parents=True, exist_ok=True)
    preprocess = {
        "mean": MEAN, "std": STD, "interpolation": "bicubic", "resize_mode": "shortest",
    }  # fmt: skip
    written = {"model_cfg": model_config(config), "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(written, indent=2) + "\n")
    build_tokenizer(config["txt2img"]["text"]).save_pretrained(folder)
    halves = {
        name: (one.half() if one.is_floating_point() else one).contiguous()
        for name, one in model.state_dict().items()
    }
    save_file(halves, folder / "open_clip_model.safetensors", metadata={"format": "pt"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with cifake/")
    parser.add_argument("--work", type=Path, required=True, help="where checkpoints are kept")
    parser.add_argument("--preset", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--images", type=int, help="a longer or shorter run than the preset's")
    options = parser.parse_args()
    changes = {"clip": {"images": options.images}} if options.images else {}
    train(read_config(options.preset, **changes), options.data, options.work, pick_device())


if __name__ == "__main__":
    main()
