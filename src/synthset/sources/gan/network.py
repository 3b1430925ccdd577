"""A small class-conditional GAN: a DCGAN with conditional batch norm, and a discriminator that
compares features with the class.

Papers: DCGAN, Radford et al. 2015, arXiv 1511.06434; spectral normalisation and the projection
discriminator, Miyato et al. 2018, arXiv 1802.05957 and 1802.05637; class-conditional batch norm as
in Dumoulin et al. 2016, arXiv 1610.07629.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, relu
from torch.nn.utils.parametrizations import spectral_norm

from synthset.sources.gan.training_cost import count_levels, list_channels

SLOPE = 0.2  # of leaky ReLU


class ClassNorm(nn.Module):
    """Batch norm whose scale and shift belong to the class."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale = nn.Embedding(classes, channels)
        self.shift = nn.Embedding(classes, channels)
        nn.init.ones_(self.scale.weight)
        nn.init.zeros_(self.shift.weight)

    def forward(self, maps: Tensor, labels: Tensor) -> Tensor:
        """Normalise (N, C, H, W) maps of images of (N,) classes."""
        scale, shift = self.scale(labels), self.shift(labels)  # (N, C)
        normed: Tensor = self.norm(maps)
        shifted: Tensor = normed * scale[:, :, None, None] + shift[:, :, None, None]
        return shifted


class Generator(nn.Module):
    """Latents and classes to pictures.

    Args:
        size_px: width and height of a picture.
        width: channels at the full size.
        latent_size: numbers that a picture is made of.
        classes: K.
    """

    def __init__(self, size_px: int, width: int, latent_size: int, classes: int) -> None:
        super().__init__()
        halvings, self.start_px = count_levels(size_px)
        channels = list_channels(width, halvings)[::-1]  # from the smallest size up
        self.classes, self.latent_size = classes, latent_size
        self.embedding = nn.Embedding(classes, latent_size)
        self.first = nn.Linear(2 * latent_size, channels[0] * self.start_px**2)
        self.norms = nn.ModuleList(ClassNorm(number, classes) for number in channels)
        self.grow = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 4, 2, 1, bias=False) for a, b in pairwise(channels)
        )
        self.last = nn.Conv2d(channels[-1], 3, 3, 1, 1)

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        """Make pictures.

        Args:
            latents: (N, latent_size) float32, standard normal.
            labels: (N,) int64 below K.

        Returns:
            (N, 3, size_px, size_px) float32 in [-1, 1].
        """
        code = torch.cat([latents, self.embedding(labels)], dim=1)  # (N, 2 * latent_size)
        maps = self.first(code).unflatten(1, (-1, self.start_px, self.start_px))
        maps = relu(self.norms[0](maps, labels))
        for grow, norm in zip(self.grow, list(self.norms)[1:], strict=True):
            maps = relu(norm(grow(maps), labels))  # twice as high and wide
        return torch.tanh(self.last(maps))  # (N, 3, size_px, size_px)


class Discriminator(nn.Module):
    """Pictures and classes to how real they look.

    Args:
        size_px: width and height of a picture.
        width: channels after the first halving.
        classes: K.
    """

    def __init__(self, size_px: int, width: int, classes: int) -> None:
        super().__init__()
        halvings, left_px = count_levels(size_px)
        channels = [3, *list_channels(width, halvings)[:halvings]]
        self.shrink = nn.ModuleList(
            spectral_norm(nn.Conv2d(a, b, 4, 2, 1)) for a, b in pairwise(channels)
        )
        self.mix = spectral_norm(nn.Conv2d(channels[-1], channels[-1], 3, 1, 1))
        self.score = spectral_norm(nn.Linear(channels[-1], 1))
        self.embedding = spectral_norm(nn.Embedding(classes, channels[-1]))
        self.scale = 1 / math.sqrt(left_px**2)  # keeps sums over places in the range of one

    def forward(self, pictures: Tensor, labels: Tensor) -> Tensor:
        """Judge (N, 3, size_px, size_px) float32 pictures in [-1, 1]; (N,) scores, high is real."""
        maps = pictures
        for shrink in self.shrink:
            maps = leaky_relu(shrink(maps), SLOPE)
        maps = leaky_relu(self.mix(maps), SLOPE)
        features = maps.sum(dim=(2, 3)) * self.scale  # (N, C)
        matched = (self.embedding(labels) * features).sum(dim=1)  # (N,)
        scored: Tensor = self.score(features).squeeze(1)
        return scored.add(matched)
