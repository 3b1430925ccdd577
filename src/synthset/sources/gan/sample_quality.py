"""How good the samples are by now: a distance to validation images, and a grid to look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthset.images import Pixels, encode
from synthset.metrics.features import Features
from synthset.metrics.sets.fid import frechet_distance_from_features
from synthset.sources.gan.examples import Examples
from synthset.sources.gan.network import Generator

See = Callable[[Sequence[Pixels]], Features]
"""Turns pictures into (N, D) features."""

SAMPLE_BATCH = 16  # pictures a call: always as many, so that none depends on how many others came
GRID_CLASSES, GRID_COLUMNS = 10, 10
GAP = 2  # pixels between the pictures of a grid


def sample(generator: Generator, labels: Sequence[int], seeds: Sequence[int]) -> list[Pixels]:
    """Make pictures, each from its own class and seed alone.

    Args:
        generator: with batch norms at rest.
        labels: class of each picture, as the generator counts them.
        seeds: of each picture.

    Returns:
        (S, S, 3) uint8 RGB each.
    """
    device = generator.first.weight.device
    made: list[Pixels] = []
    while len(made) < len(labels):
        first = len(made)
        chosen = list(seeds[first : first + SAMPLE_BATCH])
        classes = list(labels[first : first + SAMPLE_BATCH])
        missing = SAMPLE_BATCH - len(chosen)
        latents = _latents([*chosen, *chosen[-1:] * missing], generator.latent_size)
        wanted = torch.tensor([*classes, *classes[-1:] * missing])
        with torch.inference_mode():
            pictures = generator(latents.to(device), wanted.to(device)).float().cpu()
        made += _to_uint8(pictures)[: len(chosen)]
    return made


def _latents(seeds: Sequence[int], size: int) -> Tensor:
    rows = [torch.randn(size, generator=torch.Generator("cpu").manual_seed(s)) for s in seeds]
    return torch.stack(rows)  # (N, latent_size)


def _to_uint8(pictures: Tensor) -> list[Pixels]:
    levels = ((pictures + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return list(levels.permute(0, 2, 3, 1).contiguous().numpy())  # (N, S, S, 3)


class Judge:
    """Measures samples against validation images by a Fréchet distance; lower is better.

    Args:
        real: validation images.
        see: turns pictures into features.
        count: images on each side at most.
    """

    def __init__(self, real: Examples, see: See, count: int) -> None:
        rows = np.linspace(0, len(real) - 1, min(count, len(real))).round().astype(np.int64)
        chosen = real.take(rows)
        self._see = see
        self._real = see(list(chosen.pictures))
        repeats = -(-count // len(chosen))
        self._labels = np.tile(chosen.labels, repeats)[:count].tolist()

    def distance(self, generator: Generator) -> float:
        """Compare as many samples of the classes of the validation images, by seeds of their
        own."""
        made = sample(generator, self._labels, range(len(self._labels)))
        return frechet_distance_from_features(self._real, self._see(made))


def draw_grid(generator: Generator, labels: Sequence[int]) -> bytes:
    """Draw samples as a PNG: a row for each class, always from the same latents.

    Args:
        generator: with batch norms at rest.
        labels: classes to show; of many only some, evenly.
    """
    places = np.linspace(0, len(labels) - 1, min(GRID_CLASSES, len(labels))).round().astype(int)
    shown = [labels[place] for place in places]
    wanted = [label for label in shown for _ in range(GRID_COLUMNS)]
    made = sample(generator, wanted, list(range(GRID_COLUMNS)) * len(shown))
    return encode(_lay_out(made, GRID_COLUMNS), "png")


def _lay_out(pictures: Sequence[Pixels], columns: int) -> NDArray[np.uint8]:
    side = pictures[0].shape[0]
    rows = len(pictures) // columns
    step = side + GAP
    sheet = np.full((rows * step - GAP, columns * step - GAP, 3), 255, dtype=np.uint8)
    for i, picture in enumerate(pictures):
        y, x = i // columns * step, i % columns * step
        sheet[y : y + side, x : x + side] = picture
    return sheet
