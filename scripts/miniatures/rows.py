"""Read the training pictures: Parquet rows with encoded 32 x 32 images and CIFAR-10 labels."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image
from torch import Tensor

CLASS_NAMES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """Pictures and their labels: (N, 3, 32, 32) uint8 RGB and (N,) int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, indexes: Tensor) -> "Rows":
        """Return the rows at (M,) int64 indexes, in their order."""
        return Rows(self.images[indexes], self.labels[indexes])

    def to(self, device: torch.device) -> "Rows":
        return Rows(self.images.to(device), self.labels.to(device))


def read_cifake(data: Path, split: str) -> Rows:
    """Read the generated half of CIFAKE without exact copies.

    "train": one row per picture, and none that the test file has too. "test": one row per picture.
    """
    encoded, labels = _read(data / "cifake" / f"{split}.parquet")
    seen = set(_read(data / "cifake" / "test.parquet")[0]) if split == "train" else set()
    keep = []
    for index, one in enumerate(encoded):
        if one not in seen:
            seen.add(one)
            keep.append(index)
    return _decode([encoded[i] for i in keep], [labels[i] for i in keep])


def read_cifar10(data: Path, split: str) -> Rows:
    """Read all rows of CIFAR-10 (a JPEG copy of it), in file order."""
    return _decode(*_read(data / "cifar10" / f"{split}.parquet"))


def unit(images: Tensor) -> Tensor:
    """(N, 3, H, W) uint8 -> float32 in [0, 1]."""
    return images.float() / 255


def flip_some(images: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror about half of the pictures left to right."""
    flips = torch.rand(len(images), generator=generator).to(images.device) < 0.5
    return torch.where(flips[:, None, None, None], images.flip(-1), images)


def _read(path: Path) -> tuple[list[bytes], list[int]]:
    table = pq.read_table(path, columns=["image", "label"])
    return [one["bytes"] for one in table["image"].to_pylist()], table["label"].to_pylist()


def _decode(encoded: list[bytes], labels: list[int]) -> Rows:
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(one)).convert("RGB")) for one in encoded])
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()  # (N, 3, 32, 32) uint8
    return Rows(images, torch.tensor(labels))
