"""The learning rate of an update, and the optimiser.

Paper: cosine annealing, Loshchilov and Hutter 2016, arXiv 1608.03983.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from synthset.recipe.training import Training


def learning_rate(number: int, updates: int, training: Training) -> float:
    """Rise linearly to the peak, then fall to zero along a cosine.

    Args:
        number: of the update in its stage, from 0.
        updates: of the stage.
        training: peak, and share of the updates that it rises for.

    Returns:
        In (0, peak].
    """
    rising = round(training.warm_up * updates)
    if number < rising:
        return training.learning_rate * (number + 1) / rising
    along = (number - rising) / (updates - rising)
    return training.learning_rate * 0.5 * (1 + math.cos(math.pi * along))


def make_optimizer(model: nn.Module, training: Training) -> torch.optim.Optimizer:
    """Make an optimiser that pulls matrices towards zero, biases and norms not."""
    parameters = [value for value in model.parameters() if value.requires_grad]
    matrices = [value for value in parameters if value.ndim > 1]
    vectors = [value for value in parameters if value.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": training.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    rate = training.learning_rate
    if training.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=rate)
    nesterov = training.momentum > 0  # without momentum there is no Nesterov step
    return torch.optim.SGD(groups, lr=rate, momentum=training.momentum, nesterov=nesterov)
