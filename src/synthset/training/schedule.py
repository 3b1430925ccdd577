"""The learning rate of an update, and the optimiser.

Paper: cosine annealing, Loshchilov and Hutter 2016, arXiv 1608.03983.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from synthset.recipe.training import Training
from synthset.training.models import Classifier
from synthset.training.muon import Muon, Together

MOMENTUM, VECTORS = 0.85, 0.2  # beside Muon: of SGD, and the share of the rate that vectors get


def learning_rate(number: int, updates: int, training: Training) -> float:
    """Rise linearly to the peak, then fall to zero along a cosine or a line.

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
    if training.decay == "linear":
        return training.learning_rate * (1 - along)
    return training.learning_rate * 0.5 * (1 + math.cos(math.pi * along))


def make_optimizer(model: Classifier, training: Training) -> torch.optim.Optimizer:
    """Make an optimiser that pulls matrices towards zero, biases and norms not.

    Each of its groups has a `scale`, by which the rate of an update is multiplied.
    """
    parameters = [value for value in model.parameters() if value.requires_grad]
    matrices = [value for value in parameters if value.ndim > 1]
    vectors = [value for value in parameters if value.ndim <= 1]
    rate, decay = training.learning_rate, training.weight_decay
    if training.optimizer == "muon":
        return _with_muon(matrices, vectors, model, training)
    groups = [
        {"params": matrices, "weight_decay": decay, "scale": 1.0},
        {"params": vectors, "weight_decay": 0.0, "scale": 1.0},
    ]
    if training.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=rate)
    nesterov = training.momentum > 0  # without momentum there is no Nesterov step
    return torch.optim.SGD(groups, lr=rate, momentum=training.momentum, nesterov=nesterov)


def _with_muon(
    matrices: Sequence[Tensor], vectors: Sequence[Tensor], model: Classifier, training: Training
) -> torch.optim.Optimizer:
    last = {id(value) for value in model.net.get_classifier().parameters()}
    head = [value for value in matrices if id(value) in last]
    inner = [value for value in matrices if id(value) not in last]
    rate, decay = training.learning_rate, training.weight_decay
    muon = Muon([{"params": inner, "scale": 1.0}], rate, training.momentum)
    groups = [
        {"params": head, "weight_decay": decay, "scale": 1.0},
        {"params": vectors, "weight_decay": decay, "scale": VECTORS},
    ]
    return Together(muon, torch.optim.SGD(groups, rate, MOMENTUM, nesterov=True))
