"""Load a CIFAR ResNet-56 that had no part in training: it judges generated pictures, nothing else.

Architecture: He et al. 2015, section 4.2, option A.   Weights: akamaster/pytorch_resnet_cifar10
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from scripts.miniatures.rows import unit
from torch import Tensor, nn
from torch.nn import functional


class Block(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut without parameters."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.stride = 1 if inputs == outputs else 2
        self.conv1 = nn.Conv2d(inputs, outputs, 3, self.stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, maps: Tensor) -> Tensor:
        found = self.bn2(self.conv2(self.bn1(self.conv1(maps)).relu()))
        if self.stride == 2:
            more = found.shape[1] - maps.shape[1]
            maps = functional.pad(maps[:, :, ::2, ::2], (0, 0, 0, 0, more // 2, more // 2))
        return (found + maps).relu()


class Judge(nn.Module):
    """CIFAR ResNet: uint8 pictures in, logits out."""

    def __init__(self, folder: Path, depth: int = 56) -> None:
        super().__init__()
        count = (depth - 2) // 6
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        self.layer1, self.layer2, self.layer3 = (
            nn.Sequential(
                Block(inputs, outputs), *(Block(outputs, outputs) for _ in range(count - 1))
            )
            for inputs, outputs in ((16, 16), (16, 32), (32, 64))
        )
        self.linear = nn.Linear(64, 10)
        self.load_state_dict(load_file(folder / f"resnet{depth}.safetensors"), strict=False)
        size = json.loads((folder / "config.json").read_text())["input"]
        self.mean, self.std = (torch.tensor(size[key]).view(3, 1, 1) for key in ("mean", "std"))
        self.eval().requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, 32, 32) uint8 -> (N, 10)."""
        maps = self.bn1(self.conv1((unit(images) - self.mean) / self.std)).relu()
        maps = self.layer3(self.layer2(self.layer1(maps)))
        return self.linear(maps.mean(dim=(2, 3)))
