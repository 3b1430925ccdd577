"""Muon: steps that turn a matrix, all its directions alike.

Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks". torch's own
takes matrices only and computes in bfloat16, which most CPUs emulate a hundred times slower; a test
holds that both take the same steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from synthset.training.precision import pick_precision

STEPS = 3  # of Newton and Schulz towards an orthogonal matrix
QUINTIC = (3.4445, -4.7750, 2.0315)  # raises small singular values fastest; ends within 0.7 to 1.2


class Muon(torch.optim.Optimizer):
    """Momentum in the manner of Nesterov, made orthogonal; weights keep the norm √rows, so that the
    rate alone says how far a step turns them. A convolution is a matrix with a row an output."""

    def __init__(self, params: Iterable[dict[str, Any]], lr: float, momentum: float) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Update all weights that have a gradient."""
        for group in self.param_groups:
            for value in group["params"]:
                if value.grad is not None:
                    self._turn(value, value.grad, group["lr"], group["momentum"])

    def _turn(self, value: Tensor, gradient: Tensor, rate: float, momentum: float) -> None:
        state = self.state[value]
        if not state:
            state["momentum"] = torch.zeros_like(value)
        average = state["momentum"].lerp_(gradient, 1 - momentum)
        ahead = gradient.lerp(average, momentum)
        value.mul_(len(value) ** 0.5 / value.norm())
        turn = orthogonalise(ahead.reshape(len(value), -1)).view(value.shape)
        rows, columns = len(value), value[0].numel()
        value.sub_(turn, alpha=rate * max(1.0, rows / columns) ** 0.5)


class Together(torch.optim.Optimizer):
    """Two optimisers as one, whose groups and state are theirs."""

    def __init__(self, first: torch.optim.Optimizer, second: torch.optim.Optimizer) -> None:
        super().__init__([*first.param_groups, *second.param_groups], {})
        self._both = (first, second)
        self._groups = len(first.param_groups)

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Take both steps. A state that was loaded has groups of its own, so they are handed on."""
        first, second = self._both
        first.param_groups = self.param_groups[: self._groups]
        second.param_groups = self.param_groups[self._groups :]
        for one in self._both:
            one.state = self.state
            one.step()


def orthogonalise(matrix: Tensor, steps: int = STEPS) -> Tensor:
    """Bring all singular values of a matrix near 1, by Newton and Schulz.

    Args:
        matrix: (R, C).
        steps: iterations; after 5 they lie within 0.7 to 1.2.

    Returns:
        (R, C) of the same dtype; computed in bfloat16 where the device has that.
    """
    a, b, c = QUINTIC
    found = matrix.to(pick_precision("auto", matrix.device), copy=True)
    tall = found.shape[0] > found.shape[1]
    found = found.T if tall else found
    found = found / found.norm().clamp(min=1e-7)
    for _ in range(steps):
        square = found @ found.T
        found = torch.addmm(
            found, torch.addmm(square, square, square, beta=b, alpha=c), found, beta=a
        )
    return (found.T if tall else found).to(matrix.dtype)
