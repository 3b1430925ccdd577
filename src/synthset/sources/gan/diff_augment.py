"""Changes that both sides of a GAN go through, so that few images suffice.

Paper: Zhao et al. 2020, arXiv 2006.10738.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator as Random
from torch import Tensor

SHIFT = 1 / 8  # of the side, at most, either way
CUTOUT = 1 / 2  # side of the covered square, as a share of the picture's


def diff_augment(pictures: Tensor, policy: Sequence[str], random: Random) -> Tensor:
    """Change pictures, each in its own way; gradients pass through.

    Args:
        pictures: (N, 3, H, W) float32 in [-1, 1].
        policy: of `colour`, `translation` and `cutout`.
        random: on the CPU; decides the changes.

    Returns:
        (N, 3, H, W) float32; colours may leave the range.
    """
    for name in ("colour", "translation", "cutout"):
        if name in policy:
            pictures = CHANGES[name](pictures, random)
    return pictures


def _uniform(like: Tensor, random: Random) -> Tensor:
    """One number in [0, 1) for each picture, (N, 1, 1, 1)."""
    return torch.rand(len(like), 1, 1, 1, generator=random).to(like.device)


def _colour(pictures: Tensor, random: Random) -> Tensor:
    """Brightness by up to 0.5 either way, saturation times 0 to 2, contrast times 0.5 to 1.5."""
    pictures = pictures + (_uniform(pictures, random) - 0.5)
    grey = pictures.mean(dim=1, keepdim=True)
    pictures = (pictures - grey) * (2 * _uniform(pictures, random)) + grey
    mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
    return (pictures - mean) * (_uniform(pictures, random) + 0.5) + mean


def _places(pictures: Tensor, random: Random, low: int, high: int) -> Tensor:
    """A whole number in [low, high] for each picture, (N, 1)."""
    drawn = torch.randint(low, high + 1, (len(pictures), 1), generator=random)
    return drawn.to(pictures.device)


def _translation(pictures: Tensor, random: Random) -> Tensor:
    """Shift; zeros (grey) come in from outside."""
    count, _, height, width = pictures.shape
    most_y, most_x = round(height * SHIFT), round(width * SHIFT)
    rows = torch.arange(height, device=pictures.device) + _places(pictures, random, -most_y, most_y)
    columns = torch.arange(width, device=pictures.device) + _places(
        pictures, random, -most_x, most_x
    )
    rows, columns = (rows + 1).clamp(0, height + 1), (columns + 1).clamp(0, width + 1)
    padded = torch.nn.functional.pad(pictures, (1, 1, 1, 1)).permute(0, 2, 3, 1)
    which = torch.arange(count, device=pictures.device)[:, None, None]
    return padded[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _cutout(pictures: Tensor, random: Random) -> Tensor:
    """Cover a square with zeros (grey); it may hang over the edge."""
    _, _, height, width = pictures.shape
    tall, wide = round(height * CUTOUT), round(width * CUTOUT)
    top = _places(pictures, random, 0, height - 1 + tall % 2) - tall // 2
    left = _places(pictures, random, 0, width - 1 + wide % 2) - wide // 2
    rows = torch.arange(height, device=pictures.device)
    columns = torch.arange(width, device=pictures.device)
    inside_y = (rows >= top) & (rows < top + tall)  # (N, H)
    inside_x = (columns >= left) & (columns < left + wide)  # (N, W)
    covered = inside_y[:, :, None] & inside_x[:, None, :]  # (N, H, W)
    return pictures * ~covered[:, None]


CHANGES = {"colour": _colour, "translation": _translation, "cutout": _cutout}
