"""Resizing pictures to what a model takes, with the kernel that the model's numbers are defined by.

Paper: Parmar et al. 2022, arXiv 2104.11222 (why the kernel decides an FID).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from synthset.encoders.bilinear_tf1 import resize_bilinear_tf1
from synthset.images import Pixels

#: `bicubic`, `bilinear`: antialiased, in float, as clean-fid resizes. With `-8bit`: antialiased and
#: rounded to whole levels after each axis, as Pillow resizes, and timm and CLIP with it.
#: `bilinear-tf1`: no antialias, as TensorFlow 1 and torch-fidelity. `area`: mean over each cell.
Kernel = Literal["bicubic", "bilinear", "bicubic-8bit", "bilinear-8bit", "bilinear-tf1", "area"]

SCALED_PIXELS = 1 << 24  # of a long image before its middle is cut out
LEAST_ASPECT = 16  # up to which an image is long whatever its pixels
BLOCK_PIXELS = 1 << 18  # pixels resized in one call: 3 MB as float32 RGB, which caches hold


@dataclass(frozen=True, slots=True)
class Resize:
    """One way to resize; it serves as the key under which a chunk's resized pictures are shared.

    Attributes:
        size_px: width and height of the result.
        kernel: how pixels are weighted.
        scale_px: size before the central crop; None is `size_px` (nothing is cropped).
        keep_aspect: whether the short side gets `scale_px`; otherwise both sides do (squashed).
        floor_crop: whether half a pixel of margin is left out, as transformers crops; otherwise it
            is rounded to even, as torchvision crops.
    """

    size_px: int
    kernel: Kernel
    scale_px: int | None = None
    keep_aspect: bool = False
    floor_crop: bool = False

    def __call__(self, images: Sequence[Pixels]) -> Tensor:
        """Resize pictures of any sizes; those of one size go through the kernel together.

        Args:
            images: (H, W, 3) uint8 RGB each.

        Returns:
            (N, 3, size_px, size_px) float32 RGB in [0, 255].
        """
        out = torch.empty(len(images), 3, self.size_px, self.size_px)
        for rows in _group_by_size(images):
            stack = torch.from_numpy(np.stack([images[row] for row in rows]))  # (n, H, W, 3)
            for row, resized in zip(rows, self._one_size(stack.permute(0, 3, 1, 2)), strict=True):
                out[row] = resized
        return out

    def _one_size(self, stack: Tensor) -> Tensor:
        """(n, 3, H, W) uint8 to (n, 3, size_px, size_px) float32."""
        stack = self._cut_ends(stack) if self.keep_aspect else stack
        height, width = self._scale_size(stack.shape[2], stack.shape[3])
        scaled = _interpolate(stack, height, width, self.kernel)
        whole = int if self.floor_crop else round
        top, left = whole((height - self.size_px) / 2), whole((width - self.size_px) / 2)
        return scaled[:, :, top : top + self.size_px, left : left + self.size_px].float()

    def _cut_ends(self, stack: Tensor) -> Tensor:
        """Leave out the ends of very long images, which the crop would cut off: a line of 20,000
        pixels would be a billion when its short side is large enough."""
        height, width = stack.shape[2:]
        aspect = max(LEAST_ASPECT, SCALED_PIXELS // (self.scale_px or self.size_px) ** 2)
        down, across = max(0, height - aspect * width) // 2, max(0, width - aspect * height) // 2
        return stack[:, :, down : height - down, across : width - across]

    def _scale_size(self, height: int, width: int) -> tuple[int, int]:
        """Sizes before the crop; torchvision cuts the long side to a whole number, and so do we."""
        scale = self.scale_px or self.size_px
        if not self.keep_aspect:
            return scale, scale
        if height <= width:
            return scale, int(scale * width / height)
        return int(scale * height / width), scale


def _group_by_size(images: Sequence[Pixels]) -> Iterator[list[int]]:
    """Give the indices of pictures of equal size, not too many at a time."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for row, image in enumerate(images):
        groups.setdefault(image.shape[:2], []).append(row)
    for (height, width), rows in groups.items():
        step = max(1, BLOCK_PIXELS // (height * width))
        for start in range(0, len(rows), step):
            yield rows[start : start + step]


def _interpolate(stack: Tensor, height: int, width: int, kernel: Kernel) -> Tensor:
    """(n, 3, H, W) uint8 to (n, 3, height, width), uint8 or float32 in [0, 255]."""
    size = (height, width)
    if kernel == "bilinear-tf1":
        return torch.from_numpy(
            resize_bilinear_tf1(stack.permute(0, 2, 3, 1).numpy(), height, width)
        )
    if kernel == "area":
        return functional.adaptive_avg_pool2d(stack.float(), size)
    mode, _, eight_bit = kernel.partition("-")
    values = stack if eight_bit else stack.contiguous().float()  # colour by colour is faster
    resized = functional.interpolate(values, size, mode=mode, align_corners=False, antialias=True)
    return resized if eight_bit else resized.clamp_(0, 255)  # bicubic overshoots
