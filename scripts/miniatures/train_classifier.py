"""Train the classifier miniature on real CIFAR-10.

    python -m scripts.miniatures.train_classifier --data DATA --work WORK

Some rows of the train file are held out: their accuracy is logged. The test file isn't read here.
"""

import argparse
from pathlib import Path
from typing import Any

import timm
import torch
from scripts.miniatures.config import Schedule, read_config
from scripts.miniatures.loop import Job, pick_device
from scripts.miniatures.optimizers import MuonAdamW, groups_of
from scripts.miniatures.rows import CLASS_NAMES, Rows, flip_some, read_cifar10, unit
from torch import Tensor, nn
from torch.nn import functional

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of the CIFAR-10 train file
SMALL_PX, SMALL_SHARE = 48, 0.4  # the first part of the run sees smaller pictures
PAD_PX = 4
SMOOTHING = 0.1


def build_classifier(shape: dict[str, Any]) -> nn.Module:
    """Build the untrained network."""
    model: nn.Module = timm.create_model(
        shape["timm_model"], num_classes=len(CLASS_NAMES), **shape["args"]
    )
    return model


def prepare(images: Tensor, size_px: int) -> Tensor:
    """(N, 3, 32, 32) uint8 -> (N, 3, size, size) float32, scaled up as Pillow does, normalised."""
    pixels = functional.interpolate(
        unit(images), size_px, mode="bicubic", align_corners=False, antialias=True
    ).clamp(0, 1)
    mean, std = (torch.tensor(one, device=images.device).view(3, 1, 1) for one in (MEAN, STD))
    return (pixels - mean) / std


def shift_some(images: Tensor, generator: torch.Generator) -> Tensor:
    """Move each picture by up to PAD_PX (mirrored borders)."""
    count, size = len(images), images.shape[-1]
    padded = functional.pad(images.float(), (PAD_PX,) * 4, mode="reflect")
    corner = torch.randint(2 * PAD_PX + 1, (2, count, 1), generator=generator)
    steps = torch.arange(size)
    down, right = (corner + steps).to(images.device)  # (N, 32) each
    rows = torch.arange(count, device=images.device)[:, None, None]
    moved = padded.permute(0, 2, 3, 1)[rows, down[:, :, None], right[:, None, :]]
    return moved.permute(0, 3, 1, 2).to(images.dtype)


def split(rows: Rows, holdout: int) -> tuple[Rows, Rows]:
    """Return the rows to train on and the held-out ones, evenly spread over the file."""
    held = torch.linspace(0, len(rows) - 1, holdout).long()
    kept = torch.ones(len(rows), dtype=torch.bool)
    kept[held] = False
    return rows.at(kept.nonzero().flatten()), rows.at(held)


@torch.no_grad()
def accuracy(model: nn.Module, rows: Rows, size_px: int) -> float:
    """Return the share of rows whose class is the most likely one."""
    right = 0
    for start in range(0, len(rows), 500):
        part = rows.at(torch.arange(start, min(start + 500, len(rows))))
        with torch.autocast(part.images.device.type, torch.bfloat16):
            logits = model(prepare(part.images, size_px))
        right += int((logits.argmax(1) == part.labels).sum())
    return right / len(rows)


def train(config: dict[str, Any], data: Path, work: Path, device: torch.device) -> None:
    """Train to the end of the schedule, or until a signal."""
    shape, schedule = config["classifier"], config["schedules"]["classifier"]
    rows, held = split(read_cifar10(data, "train"), shape["holdout"])
    rows, held = rows.to(device), held.to(device)
    torch.manual_seed(config["seed"])
    model = build_classifier(shape).to(device)

    def loss(indexes: Tensor, generator: torch.Generator, position: int) -> Tensor:
        part = rows.at(indexes.to(device))
        small = position < SMALL_SHARE * schedule.images
        images = shift_some(flip_some(part.images, generator), generator)
        with torch.autocast(device.type, torch.bfloat16):
            logits = model(prepare(images, SMALL_PX if small else shape["image_size_px"]))
        return functional.cross_entropy(logits.float(), part.labels, label_smoothing=SMOOTHING)

    def check(average: nn.Module) -> dict[str, float]:
        return {"holdout_accuracy": accuracy(average, held, shape["image_size_px"])}

    optimizer = optimizer_for(model, schedule)
    Job(
        "classifier", work, model, optimizer, schedule, len(rows), config["seed"], loss, check,
        check_images=50_000,
    ).run()  # fmt: skip


def optimizer_for(model: nn.Module, schedule: Schedule) -> MuonAdamW:
    """Muon for the convolutions, AdamW for the first and last layer."""
    groups = groups_of(model, ("conv1", "fc"))
    return MuonAdamW(groups, schedule.learning_rate, schedule.weight_decay)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with cifar10/")
    parser.add_argument("--work", type=Path, required=True, help="where checkpoints are kept")
    parser.add_argument("--preset", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--images", type=int, help="a longer or shorter run than the preset's")
    options = parser.parse_args()
    changes = {"classifier": {"images": options.images}} if options.images else {}
    train(read_config(options.preset, **changes), options.data, options.work, pick_device())


if __name__ == "__main__":
    main()
