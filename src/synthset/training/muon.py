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
    rate alone says how far a step turns them. A convolution is a matrix with a row an output.

    Attributes:
        turns: directions of the next step that `compute_turns` computed apart; none computes them
            in the step.
    """

    def __init__(self, params: Iterable[dict[str, Any]], lr: float, momentum: float) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})
        self.turns: list[Tensor] | None = None
        for group in self.param_groups:
            for value in group["params"]:
                self.state[value]["momentum"] = torch.zeros_like(value)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Update all weights that have a gradient."""
        turns = iter(self.compute_turns() if self.turns is None else self.turns)
        for group in self.param_groups:
            for value, _ in _list_gradients(group):
                rows, columns = len(value), value[0].numel()
                value.sub_(next(turns), alpha=group["lr"] * max(1.0, rows / columns) ** 0.5)

    @torch.no_grad()
    def compute_turns(self) -> list[Tensor]:
        """Do all of a step that doesn't depend on the rate: give the weights their norm, advance
        the momentum, and compute the direction of each weight that has a gradient."""
        return [
            self._turn(value, gradient, group["momentum"])
            for group in self.param_groups
            for value, gradient in _list_gradients(group)
        ]

    def _turn(self, value: Tensor, gradient: Tensor, momentum: float) -> Tensor:
        average = self.state[value]["momentum"].lerp_(gradient, 1 - momentum)
        ahead = gradient.lerp(average, momentum)
        value.mul_(len(value) ** 0.5 / value.norm())
        return orthogonalise(ahead.reshape(len(value), -1)).view(value.shape)


class Together(torch.optim.Optimizer):
    """Muon and another optimiser as one, whose groups and state are theirs."""

    def __init__(self, muon: Muon, other: torch.optim.Optimizer) -> None:
        super().__init__([*muon.param_groups, *other.param_groups], {})
        self.muon, self._other = muon, other
        self._groups = len(muon.param_groups)
        self.state.update(muon.state)

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Take both steps."""
        self._hand_on()
        self.muon.step()
        self._other.step()

    def compute_turns(self) -> list[Tensor]:
        """Do the part of Muon's step that doesn't depend on the rate."""
        self._hand_on()
        return self.muon.compute_turns()

    def _hand_on(self) -> None:
        """A state that was loaded has groups of its own, so they are handed on."""
        self.muon.param_groups = self.param_groups[: self._groups]
        self._other.param_groups = self.param_groups[self._groups :]
        self.muon.state = self._other.state = self.state


def _list_gradients(group: dict[str, Any]) -> list[tuple[Tensor, Tensor]]:
    return [(value, value.grad) for value in group["params"] if value.grad is not None]


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
