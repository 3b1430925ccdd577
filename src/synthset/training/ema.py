"""A moving average of the weights, which is often better than the weights themselves."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float, number: int) -> None:
    """Move the average towards the model, in place.

    Early on it follows faster: the decay is at most (1 + n) / (10 + n) after n updates.

    Args:
        average: weights and running statistics that move.
        model: where to.
        decay: in (0, 1).
        number: updates since the average began.
    """
    share = 1 - min(decay, (1 + number) / (10 + number))
    there = model.state_dict()
    for name, value in average.state_dict().items():
        if value.is_floating_point():
            value.lerp_(there[name], share)
        else:
            value.copy_(there[name])
