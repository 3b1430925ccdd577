"""Random changes of a batch of training images; each update has its own draws.

Papers: mixup, arXiv 1710.09412; CutMix, arXiv 1905.04899; random erasing, arXiv 1708.04896; crops
of random size and aspect, arXiv 1409.4842.

Draws are made for the whole batch and then cut, so that several processes, each with its slice, see
what one would.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from synthset.recipe.training import Augmentation
from synthset.training.policy import change

CROP_ASPECT = (3 / 4, 4 / 3)  # width to height
Box = NDArray[np.int64]  # (B, 4) top, bottom, left and right

ERASED_AREA, ERASED_ASPECT = (0.02, 0.33), (0.3, 3.3)  # of random erasing, as in the paper


@dataclass(frozen=True)
class Draws:
    """The random numbers of a batch; None for what the settings leave out.

    Attributes:
        flip: (B,) bool.
        shift: (B, 2) int64 pixels, down and right; there if `flip` is.
        erase: (B, 4) int64 top, bottom, left and right of what is erased; empty for none.
        share: (B,) float32 of the image that is its own.
        box: (B, 4) int64 what CutMix takes from the neighbour.
        policy: (B,) int64 seeds of the policy.
        crop: (B, 4) float32 centre (right, down) and size (width, height) of what is cut out, where
            the image reaches from -1 to 1 and has the size 1 by 1.
    """

    flip: Tensor | None = None
    shift: Tensor | None = None
    erase: Tensor | None = None
    share: Tensor | None = None
    box: Tensor | None = None
    policy: Tensor | None = None
    crop: Tensor | None = None

    def cut(self, part: slice) -> Draws:
        """Take the draws of one process."""
        return Draws(**{name: value[part] for name, value in self.present().items()})

    def present(self) -> dict[str, Tensor]:
        """The draws that there are, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}


def draw(settings: Augmentation, count: int, size_px: int, rng: np.random.Generator) -> Draws:
    """Make the draws of a whole batch of `count` images of `size_px` pixels."""
    flip = (rng.random(count) < 0.5) & settings.flip
    reach = round(settings.shift * size_px)
    shift = rng.integers(-reach, reach + 1, (count, 2))
    erase = _draw_rectangles(count, size_px, rng)
    erase[rng.random(count) >= settings.erase] = 0
    policy = rng.integers(0, 2**62, count)
    share, box = _draw_mixing(settings, count, size_px, rng)
    crop = _draw_crops(settings.crop, count, rng) if settings.crop < 1 else None
    moves = settings.flip or reach > 0
    drawn = {
        "flip": flip if moves else None,
        "shift": shift if moves else None,
        "erase": erase if settings.erase > 0 else None,
        "share": share,
        "box": box,
        "policy": policy if settings.policy != "none" else None,
        "crop": crop,
    }
    return Draws(**{k: torch.from_numpy(v) for k, v in drawn.items() if v is not None})


def apply_policy(batch: Tensor, settings: Augmentation, draws: Draws) -> Tensor:
    """Apply TrivialAugment or RandAugment, image by image: (B, 3, S, S) uint8 to the same."""
    if settings.policy == "none" or draws.policy is None:
        return batch
    changed = [
        change(image, settings.policy, np.random.default_rng(seed))
        for image, seed in zip(batch, draws.policy.tolist(), strict=True)
    ]
    return torch.stack(changed)


def augment(batch: Tensor, draws: Draws) -> Tensor:
    """Flip, shift, crop, erase and mix.

    Args:
        batch: (B, 3, S, S) float in [0, 1].
        draws: of these images, on the same device.

    Returns:
        The same shape and range. Row i is mixed with row i + 1 (i even) or i - 1.
    """
    batch = _move(batch, draws)
    if draws.crop is not None:
        batch = _crop(batch, draws.crop)
    if draws.erase is not None:
        inside = _find_inside(draws.erase, batch)
        means = batch.mean(dim=(2, 3), keepdim=True)  # erased parts are of the image's own mean
        batch = torch.where(inside, means, batch)
    if draws.share is None:
        return batch
    others = batch[pair_neighbours(len(batch), batch.device)]
    return blend(batch, others, draws.share, draws.box)


def blend(batch: Tensor, others: Tensor, share: Tensor, box: Tensor | None) -> Tensor:
    """Mix images with others.

    Args:
        batch: (B, 3, S, S) float.
        others: the same; row i goes into row i.
        share: (B,) of the image that is its own.
        box: (B, 4) what is taken whole from the other; None blends the two.
    """
    if box is not None:
        return torch.where(_find_inside(box, batch), others, batch)
    own = share[:, None, None, None]
    return own * batch + (1 - own) * others


def mix_targets(targets: Tensor, draws: Draws) -> Tensor:
    """Mix targets as `augment` mixes the images: (B, K) to (B, K)."""
    if draws.share is None:
        return targets
    share = draws.share[:, None]
    others = targets[pair_neighbours(len(targets), targets.device)]
    return share * targets + (1 - share) * others


def pair_neighbours(count: int, device: torch.device) -> Tensor:
    """Pair the images of a shuffled batch: 0 with 1, 2 with 3; the last of an odd number is alone.

    Neighbours stay together when a batch is cut at even places.
    """
    paired = torch.arange(count, device=device) ^ 1
    return paired.clamp(max=count - 1)


def _draw_mixing(
    settings: Augmentation, count: int, size_px: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32] | None, Box | None]:
    kinds = [kind for kind in ("mixup", "cutmix") if getattr(settings, kind) > 0]
    if not kinds:
        return None, None
    kind = kinds[int(rng.integers(len(kinds)))]
    return draw_shares(kind, getattr(settings, kind), count, size_px, rng)


def draw_shares(
    kind: str, alpha: float, count: int, size_px: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], Box | None]:
    """Draw how much of each image stays: (count,) its share, and for `cutmix` the box that is
    taken from another."""
    share = rng.beta(alpha, alpha, count)
    if kind == "mixup":
        return share.astype(np.float32), None
    side = np.sqrt(1 - share) * size_px
    centres = rng.integers(0, size_px, (count, 2))
    box = np.empty((count, 4), np.int64)
    for axis in (0, 1):
        box[:, 2 * axis] = np.clip(np.rint(centres[:, axis] - side / 2), 0, size_px)
        box[:, 2 * axis + 1] = np.clip(np.rint(centres[:, axis] + side / 2), 0, size_px)
    area = (box[:, 1] - box[:, 0]) * (box[:, 3] - box[:, 2])
    return (1 - area / size_px**2).astype(np.float32), box


def _draw_crops(smallest: float, count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw crops of at least a share of the area; a side that would be too long is cut to 1."""
    area = rng.uniform(smallest, 1, count)
    aspect = np.exp(rng.uniform(math.log(CROP_ASPECT[0]), math.log(CROP_ASPECT[1]), count))
    sides = np.minimum(1, np.sqrt(np.stack([area * aspect, area / aspect], axis=1)))  # (B, 2)
    centres = rng.uniform(-1, 1, (count, 2)) * (1 - sides)
    found: NDArray[np.float32] = np.concatenate([centres, sides], axis=1).astype(np.float32)
    return found


def _crop(batch: Tensor, crops: Tensor) -> Tensor:
    """Cut out and resize bilinearly: (B, 3, S, S) to the same."""
    right, down, width, height = crops.unbind(dim=1)
    none = torch.zeros_like(width)
    rows = torch.stack([width, none, right]), torch.stack([none, height, down])
    theta = torch.stack(rows).permute(2, 0, 1)  # (B, 2, 3)
    grid = functional.affine_grid(theta, list(batch.shape), align_corners=False)
    return functional.grid_sample(batch, grid, padding_mode="border", align_corners=False)


def _draw_rectangles(count: int, size_px: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw (count, 4) rectangles that lie within the image: top, bottom, left, right."""
    area = rng.uniform(*ERASED_AREA, count) * size_px**2
    aspect = np.exp(rng.uniform(math.log(ERASED_ASPECT[0]), math.log(ERASED_ASPECT[1]), count))
    height = np.clip(np.rint(np.sqrt(area * aspect)), 1, size_px).astype(np.int64)
    width = np.clip(np.rint(np.sqrt(area / aspect)), 1, size_px).astype(np.int64)
    top, left = rng.integers(0, size_px - height + 1), rng.integers(0, size_px - width + 1)
    return np.stack([top, top + height, left, left + width], axis=1)


def _find_inside(boxes: Tensor, batch: Tensor) -> Tensor:
    """Tell which pixels lie in each image's box: (B, 1, S, S) bool."""
    top, bottom, left, right = boxes[..., None].unbind(dim=1)
    line = torch.arange(batch.shape[-1], device=batch.device)
    rows = (line >= top) & (line < bottom)  # (B, S)
    columns = (line >= left) & (line < right)
    return (rows[:, :, None] & columns[:, None, :])[:, None]


def _move(batch: Tensor, draws: Draws) -> Tensor:
    """Flip and shift by looking up where each pixel comes from."""
    if draws.flip is None or draws.shift is None:
        return batch
    size = batch.shape[-1]
    line = torch.arange(size, device=batch.device)
    down, right = draws.shift.unbind(dim=1)
    rows = _reflect(line[None] - down[:, None], size)  # (B, S)
    columns = _reflect(line[None] - right[:, None], size)
    columns = torch.where(draws.flip[:, None], size - 1 - columns, columns)
    images = torch.arange(len(batch), device=batch.device)[:, None, None]
    taken = batch.permute(0, 2, 3, 1)[images, rows[:, :, None], columns[:, None, :]]
    return taken.permute(0, 3, 1, 2)  # (B, 3, S, S), channels last in memory


def _reflect(places: Tensor, size: int) -> Tensor:
    """Mirror places beyond the edge without repeating the edge, as reflection padding does."""
    places = places.abs()
    return torch.where(places > size - 1, 2 * (size - 1) - places, places)
