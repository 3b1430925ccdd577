"""Optimizers: AdamW, and Muon for the weight matrices of hidden layers.

Muon moves a matrix along the nearest orthogonal matrix of its momentum, so that every direction
learns at the same speed.   Source: Jordan et al. 2024, "Muon"; step size as in Liu et al. 2025,
arXiv 2502.16982: 0.2 * sqrt(max(rows, columns)) makes a step as large as one of AdamW.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # Jordan et al.: quintic with the steepest slope at zero


class MuonAdamW(torch.optim.Optimizer):
    """Muon for groups with `muon=True`, AdamW for the others."""

    def __init__(self, groups: Iterable[dict[str, Any]], lr: float, weight_decay: float) -> None:
        defaults = {"lr": lr, "weight_decay": weight_decay, "muon": False}
        super().__init__(groups, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                direction = self._muon if group["muon"] else self._adam
                weight.add_(direction(weight), alpha=-group["lr"])

    def _muon(self, weight: Tensor) -> Tensor:
        state = self.state[weight]
        momentum = state.setdefault("momentum", torch.zeros_like(weight))
        momentum.lerp_(weight.grad, 0.05)
        update = weight.grad.lerp(momentum, 0.95).flatten(1)  # (rows, columns), Nesterov
        size = 0.2 * max(update.shape) ** 0.5
        return orthogonal(update).view_as(weight).to(weight.dtype) * size

    def _adam(self, weight: Tensor) -> Tensor:
        state = self.state[weight]
        if not state:
            state["count"] = torch.zeros(())
            state["mean"], state["square"] = torch.zeros_like(weight), torch.zeros_like(weight)
        state["count"] += 1
        count = float(state["count"])
        state["mean"].lerp_(weight.grad, 0.1)
        state["square"].lerp_(weight.grad.square(), 0.01)
        mean = state["mean"] / (1 - 0.9**count)
        return mean / ((state["square"] / (1 - 0.99**count)).sqrt() + 1e-8)


def orthogonal(matrix: Tensor, steps: int = 5) -> Tensor:
    """Return about U V' of a matrix U S V' by Newton-Schulz steps, in bfloat16."""
    wide = matrix.bfloat16()
    wide = wide.T if matrix.shape[0] > matrix.shape[1] else wide
    wide = wide / (wide.norm() + 1e-7)
    a, b, c = NEWTON_SCHULZ
    for _ in range(steps):
        square = wide @ wide.T
        wide = a * wide + (b * square + c * square @ square) @ wide
    return wide.T if matrix.shape[0] > matrix.shape[1] else wide


def groups_of(model: nn.Module, outer: tuple[str, ...]) -> list[dict[str, Any]]:
    """Split parameters: hidden matrices for Muon, the rest for AdamW (no decay for vectors).

    Args:
        outer: parts of names of first, last and embedding layers, which AdamW keeps.
    """
    muon, matrices, vectors = [], [], []
    for name, weight in model.named_parameters():
        if not weight.requires_grad:
            continue
        if weight.ndim < 2:
            vectors.append(weight)
        elif any(part in name for part in outer):
            matrices.append(weight)
        else:
            muon.append(weight)
    return [
        {"params": muon, "muon": True},
        {"params": matrices},
        {"params": vectors, "weight_decay": 0.0},
    ]
