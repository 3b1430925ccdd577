"""Train the text-to-image miniature on the generated half of CIFAKE, in two parts.

    python -m scripts.miniatures.train_txt2img unet --data DATA --work WORK
    python -m scripts.miniatures.train_txt2img decoder --data DATA --work WORK

Both can run at the same time, can be killed, and go on where they were.
"""

import argparse
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderTiny
from scripts.miniatures.captions import Captions
from scripts.miniatures.config import Schedule, read_captions, read_config
from scripts.miniatures.loop import Job, pick_device
from scripts.miniatures.optimizers import MuonAdamW, groups_of
from scripts.miniatures.rows import Rows, flip_some, read_cifake, unit
from scripts.miniatures.text_to_image import (
    Diffusion,
    build_autoencoder,
    build_scheduler,
    build_text_encoder,
    build_unet,
)
from scripts.miniatures.tokenizer import build_tokenizer
from torch import Tensor, nn

NUM_CHECKED = 512  # rows of the test file on which the losses are logged
OUTER = ("conv_in", "conv_out", "embedding", "add_embedding")


def train_unet(config: dict[str, Any], data: Path, work: Path, device: torch.device) -> None:
    """Train the denoiser and its text encoder."""
    shape, rows = config["txt2img"], read_cifake(data, "train").to(device)
    checked = spread(read_cifake(data, "test"), NUM_CHECKED).to(device)
    torch.manual_seed(config["seed"])
    tokenizer = build_tokenizer(shape["text"])
    text_encoder = build_text_encoder(shape["text"], tokenizer)
    model = nn.ModuleDict({"unet": build_unet(shape), "text_encoder": text_encoder}).to(device)
    diffusion = Diffusion(
        model,
        build_autoencoder(shape, unit(rows.images[::9].cpu())),
        build_scheduler(shape["noise"]),
        tokenizer,
        Captions(read_captions()),
        device,
    )

    def loss(indexes: Tensor, generator: torch.Generator, position: int) -> Tensor:
        return diffusion.loss(model, rows.at(indexes.to(device)), generator, train=True)

    @torch.no_grad()
    def check(average: nn.Module) -> dict[str, float]:
        generator = torch.Generator().manual_seed(0)
        return {"test_loss": float(diffusion.loss(average, checked, generator, train=False))}

    schedule: Schedule = config["schedules"]["unet"]
    optimizer = MuonAdamW(groups_of(model, OUTER), schedule.learning_rate, schedule.weight_decay)
    Job("unet", work, model, optimizer, schedule, len(rows), config["seed"], loss, check).run()


def train_decoder(config: dict[str, Any], data: Path, work: Path, device: torch.device) -> None:
    """Train the decoder of the autoencoder to undo the exact encoder."""
    shape, rows = config["txt2img"], read_cifake(data, "train").to(device)
    checked = spread(read_cifake(data, "test"), NUM_CHECKED).to(device)
    torch.manual_seed(config["seed"])
    vae = build_autoencoder(shape, unit(rows.images[::9].cpu())).to(device)

    def error(model: AutoencoderTiny, images: Tensor) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16):
            found = model.decoder(model.encoder(2 * unit(images) - 1).detach())
        return (found.float() - (2 * unit(images) - 1)) / 2

    def loss(indexes: Tensor, generator: torch.Generator, position: int) -> Tensor:
        images = flip_some(rows.images[indexes.to(device)], generator)
        found = error(vae, images)
        return 10 * found.square().mean() + found.abs().mean()

    @torch.no_grad()
    def check(average: nn.Module) -> dict[str, float]:
        squares = error(average, checked.images).square().mean(dim=(1, 2, 3))  # (N,)
        return {"test_psnr_db": float(-10 * squares.log10().mean())}

    schedule: Schedule = config["schedules"]["decoder"]
    ends = ("layers.0.", f"layers.{len(vae.decoder.layers) - 1}.")
    optimizer = MuonAdamW(
        groups_of(vae.decoder, ends), schedule.learning_rate, schedule.weight_decay
    )
    Job("decoder", work, vae, optimizer, schedule, len(rows), config["seed"], loss, check).run()


def spread(rows: Rows, count: int) -> Rows:
    """Return `count` rows evenly spread over the file, and so over the classes."""
    return rows.at(torch.linspace(0, len(rows) - 1, count).long())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("part", choices=("unet", "decoder"))
    parser.add_argument("--data", type=Path, required=True, help="the folder with cifake/")
    parser.add_argument("--work", type=Path, required=True, help="where checkpoints are kept")
    parser.add_argument("--preset", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--images", type=int, help="a longer or shorter run than the preset's")
    options = parser.parse_args()
    changes = {options.part: {"images": options.images}} if options.images else {}
    train = train_unet if options.part == "unet" else train_decoder
    config = read_config(options.preset, **changes)
    train(config, options.data, options.work, pick_device())


if __name__ == "__main__":
    main()
