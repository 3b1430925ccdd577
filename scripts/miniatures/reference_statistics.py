"""Write mean and covariance of the features of CIFAR-10 for the shipped CLIP and classifier.

    python -m scripts.miniatures.reference_statistics --data DATA

Make them anew whenever the weights change: the files name the weights' SHA-256. Ten minutes on one
core.
"""

import argparse
import hashlib
from collections.abc import Callable
from pathlib import Path

import open_clip
import timm
import torch
from safetensors.torch import save_file
from scripts.miniatures.config import SHIPPED
from scripts.miniatures.rows import Rows, read_cifar10, unit
from torch import Tensor
from torch.nn import functional

Encode = Callable[[Tensor], Tensor]
BATCH = 250


def clip_encoder(folder: Path) -> tuple[Encode, int, str]:
    """Return images -> unit-length features, the size in pixels, and a description."""
    model = open_clip.create_model(f"local-dir:{folder}").eval()
    shape = model.visual.preprocess_cfg

    def encode(images: Tensor) -> Tensor:
        return model.encode_image(standard(images, shape["mean"], shape["std"]), normalize=True)

    size = shape["size"]
    return encode, size[0] if isinstance(size, tuple | list) else size, "unit-length image features"


def classifier_encoder(folder: Path) -> tuple[Encode, int, str]:
    """Return images -> what enters the last layer, the size in pixels, and a description."""
    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    shape = model.pretrained_cfg

    def encode(images: Tensor) -> Tensor:
        maps = model.forward_features(standard(images, shape["mean"], shape["std"]))
        return model.forward_head(maps, pre_logits=True)

    return encode, shape["input_size"][1], "pooled features"


def standard(images: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """(N, 3, H, W) uint8 -> float32, normalised per channel."""
    shift, scale = (torch.tensor(one).view(3, 1, 1) for one in (mean, std))
    return (unit(images) - shift) / scale


@torch.no_grad()
def measure(encode: Encode, rows: Rows, size_px: int) -> tuple[Tensor, Tensor]:
    """Return the mean (D,) and the unbiased covariance (D, D) of all features, float64."""
    features = []
    for part in rows.images.split(BATCH):
        resized = functional.interpolate(
            part, size_px, mode="bicubic", align_corners=False, antialias=True
        )  # uint8 in and out: rounded after each axis, as Pillow does
        features.append(encode(resized).flatten(1).double())
    stacked = torch.cat(features)  # (N, D)
    return stacked.mean(0), stacked.T.cov().contiguous()


def write(encoder: str, split: str, shipped: Path, rows: Rows) -> Path:
    """Write the statistics of one encoder and one split, and return the file."""
    weights = {"clip": "open_clip_model.safetensors", "classifier": "model.safetensors"}[encoder]
    build = {"clip": clip_encoder, "classifier": classifier_encoder}[encoder]
    encode, size_px, features = build(shipped / encoder)
    mean, cov = measure(encode, rows, size_px)
    metadata = {
        "encoder": f"synthset miniature {encoder}",
        "encoder_sha256": hashlib.sha256((shipped / encoder / weights).read_bytes()).hexdigest(),
        "features": features,
        "n": str(len(rows)),
        "source": f"CIFAR-10 {split} (JPEG copy, quality 75)",
        "resize": f"bicubic, antialiased, 8 bit (Pillow), {size_px} px",
    }
    target = shipped / "statistics" / f"{encoder}-{split}.safetensors"
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file({"mean": mean, "cov": cov}, target, metadata=metadata)
    target.chmod(0o644)  # safetensors writes for the owner alone
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with cifar10/")
    parser.add_argument("--shipped", type=Path, default=SHIPPED, help="where the miniatures lie")
    names = ("clip", "classifier")
    parser.add_argument("--encoders", nargs="+", choices=names, default=names, help="for which")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for split in ("train", "test"):
        rows = read_cifar10(options.data, split)
        for encoder in options.encoders:
            print(write(encoder, split, options.shipped, rows))


if __name__ == "__main__":
    main()
