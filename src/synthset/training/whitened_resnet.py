"""A small residual network behind a frozen convolution that whitens patches.

It reaches on small images in minutes of one CPU core what a ResNet-18 takes hours for. After the
line of work on fast CIFAR training by Page (2019), Jordan (arXiv 2404.00498) and others.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from synthset.recipe.training import SmallResNet

PATCH, STRIDE = 4, 2  # pixels of the whitening convolution
KEPT = 24  # of the 48 directions of a patch: those with the largest variance
WHITENED_BY = 2000  # images whose patches decide the directions
EPS = 5e-4  # added to variances, of pixels in [-2, 2]
HEAD_SCALE = 1 / 9  # of the logits: suits the rates of Muon's schedule


class HandingOn(nn.Conv2d):
    """A 3 × 3 convolution that begins by handing channels on, as far as there are as many."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(before, after, 3, padding=1, bias=False)

    def reset_parameters(self) -> None:
        """Draw the first weights."""
        super().reset_parameters()
        nn.init.dirac_(self.weight[: self.in_channels].data)


class ConvGroup(nn.Module):
    """Convolution, pooling, normalisation and ReLU, then a residual convolution."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first, self.second = HandingOn(before, after), HandingOn(after, after)
        self.norm1, self.norm2 = nn.BatchNorm2d(after), nn.BatchNorm2d(after)

    def forward(self, maps: Tensor) -> Tensor:
        pooled = functional.max_pool2d(self.first(maps), 2, ceil_mode=True)
        shrunk = functional.relu(self.norm1(pooled))
        return shrunk + functional.relu(self.norm2(self.second(shrunk)))


class WhitenedResNet(nn.Module):
    """The network; `whiten` it on training images before the first step."""

    def __init__(self, settings: SmallResNet, classes: int) -> None:
        super().__init__()
        self.patches: Tensor
        self.register_buffer("patches", torch.zeros(2 * KEPT, 3, PATCH, PATCH))
        widths = [2 * KEPT, *(settings.width * 2**group for group in range(3))]
        self.groups = nn.Sequential(
            *(ConvGroup(before, after) for before, after in pairwise(widths))
        )
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(widths[-1], classes, bias=False)
        self.head_scale = HEAD_SCALE

    @torch.no_grad()
    def whiten(self, images: Tensor) -> None:
        """Set the first convolution to the directions of the images' patches and their negatives.

        Args:
            images: (N, 3, S, S) float, as `forward_features` gets them.
        """
        found = functional.unfold(images.double(), PATCH, stride=STRIDE)  # (N, 48, places)
        patches = found.transpose(1, 2).reshape(-1, found.shape[1])
        covariance = patches.T @ patches / len(patches)
        variances, directions = torch.linalg.eigh(covariance)  # rising
        scaled = directions / (variances + EPS).sqrt()
        signs = scaled.abs().argmax(dim=0)  # an eigenvector's sign is chance: its largest is plus
        scaled = scaled * scaled.gather(0, signs[None]).sign()
        kernels = scaled.T.flip(0)[:KEPT].view(KEPT, 3, PATCH, PATCH)
        self.patches.copy_(torch.cat([kernels, -kernels]))

    def forward_features(self, images: Tensor) -> Tensor:
        whitened = functional.conv2d(images, self.patches, stride=STRIDE)
        maps: Tensor = self.groups(functional.relu(whitened))
        return maps

    def forward_head(self, maps: Tensor, pre_logits: bool = False) -> Tensor:
        pooled: Tensor = self.dropout(maps.amax(dim=(2, 3)))  # (B, D)
        return pooled if pre_logits else self.head(pooled) * self.head_scale

    def get_classifier(self) -> nn.Module:
        return self.head

    def reset_classifier(self, classes: int) -> None:
        """Take a new last layer, unscaled: whoever trains on uses SGD, as for timm's models."""
        self.head = nn.Linear(self.head.in_features, classes, bias=False)
        self.head_scale = 1.0

    def forward(self, images: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(images))
