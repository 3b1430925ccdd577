"""What the two sides of a GAN make small.

Papers: hinge loss, Lim & Ye 2017, arXiv 1705.02894; R1, Mescheder et al. 2018, arXiv 1801.04406;
lazily every n-th update, Karras et al. 2019, arXiv 1912.04958.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import relu


def discriminator_loss(real: Tensor, generated: Tensor) -> Tensor:
    """Hinge: real scores above 1 and generated ones below -1 cost nothing.

    Args:
        real: (N,) scores of real pictures.
        generated: (M,) scores of generated ones.
    """
    return relu(1 - real).mean() + relu(1 + generated).mean()


def generator_loss(generated: Tensor) -> Tensor:
    """Generated pictures want high scores, (M,)."""
    return -generated.mean()


def sameness(first: Tensor, second: Tensor, spread: Tensor) -> Tensor:
    """How much less two samples of a class differ than two real pictures of it.

    A conditional generator likes to draw one picture for each class. The idea of punishing that by
    pairs of latents is that of mode seeking (Mao et al. 2019, arXiv 1903.05628); here it ends where
    real pictures differ as much.

    Args:
        first: (N, 3, H, W) samples.
        second: (N, 3, H, W) samples of the same classes from other latents.
        spread: (N,) mean absolute difference of two real pictures of each one's class, above 0.

    Returns:
        Mean over the pairs, in [0, 1]; 0 where they differ enough.
    """
    differ = (first - second).abs().mean(dim=(1, 2, 3))  # (N,)
    return relu(1 - differ / spread).mean()


def gradient_penalty(scores: Tensor, pictures: Tensor) -> Tensor:
    """R1: half the squared gradient of the scores of real pictures, mean over them.

    Args:
        scores: (N,) of the pictures.
        pictures: (N, 3, H, W), requiring gradients.
    """
    (slopes,) = torch.autograd.grad(scores.sum(), pictures, create_graph=True)
    return slopes.square().sum(dim=(1, 2, 3)).mean() / 2
