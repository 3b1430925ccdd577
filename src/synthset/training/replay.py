"""Replays the kernels of an update on an NVIDIA GPU: to start each anew takes longer than a small
network's arithmetic.

A CUDA graph is a recording of kernels and of the addresses they work on, so what goes in, what
comes out and the weights stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor

from synthset.recipe.training import Model, Training

Compute = Callable[[], tuple[Tensor, ...]]
REHEARSALS = 3  # before a recording: libraries choose kernels and workspaces in the first runs
AHEAD = 2  # updates that the CPU may be ahead of the GPU


def can_replay(accelerator: Accelerator, training: Training, model: Model) -> bool:
    """Tell whether all of an update up to the optimiser's step is the same kernels each time."""
    alone = accelerator.num_processes == 1 and accelerator.scaler is None
    nvidia = accelerator.device.type == "cuda" and torch.version.cuda is not None
    return alone and nvidia and training.clip_norm is None and model.dropout == 0


class Replay:
    """A computation on inputs that keep their shapes, recorded when they are first there."""

    def __init__(
        self,
        compute: Callable[[Mapping[str, Tensor]], tuple[Tensor, ...]],
        changed: Sequence[Tensor],
        device: torch.device,
        say: Callable[[str], None],
    ) -> None:
        """Nothing is computed yet.

        Args:
            compute: adds gradients, and gives what is wanted of an update; it asks the device for
                no value.
            changed: the tensors on `device` that it changes or gives gradients.
            device: where it computes.
            say: is told if the device can't record.
        """
        self._compute, self._changed, self._device, self._say = compute, changed, device, say
        self._fixed: dict[str, Tensor] = {}
        self._recorded: dict[tuple[str, ...], Compute] = {}
        self._slots = [_Slot(device) for _ in range(AHEAD)]
        self._able = True

    def __call__(self, inputs: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """Compute; the next call overwrites the results and gradients.

        Args:
            inputs: by name, on the CPU or the device; each name has one shape. There is a recording
                for each set of names.
        """
        with _make_current(self._device):
            fixed, names = self._send(inputs), tuple(inputs)
            if names not in self._recorded:
                self._recorded[names] = self._record(lambda: self._compute(fixed))
            return self._recorded[names]()

    def _send(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Copy the inputs to where the recordings look for them."""
        slot = self._slots[0]
        self._slots = [*self._slots[1:], slot]
        with slot.fetch():
            for name, value in inputs.items():
                if name not in self._fixed:
                    self._fixed[name] = torch.empty_like(value, device=self._device)
                self._fixed[name].copy_(slot.hold(name, value), non_blocking=True)
        return {name: self._fixed[name] for name in inputs}

    def _record(self, compute: Compute) -> Compute:
        if not self._able:
            return compute
        try:
            return record_graph(compute, self._changed)
        except RuntimeError as fault:
            self._able = False
            drop_gradients(self._changed)
            first = str(fault).partition("\n")[0]
            self._say(
                f"{self._device} can't record an update as a CUDA graph ({first}); its kernels are "
                "started one by one, which is slower and gives the same weights"
            )
            return compute


class _Slot:
    """Inputs of one update in page-locked memory, from which a GPU copies while the CPU goes on."""

    def __init__(self, device: torch.device) -> None:
        # A blocking event lets the CPU sleep; others spin, and take the core from another training.
        self._fetched: Any = None
        if device.type == "cuda":
            self._fetched = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
        self._held: dict[str, Tensor] = {}

    @contextmanager
    def fetch(self) -> Iterator[None]:
        """Wait for the copies that were begun before, and then note those that begin within."""
        if self._fetched is not None:
            self._fetched.synchronize()
        yield
        if self._fetched is not None:
            self._fetched.record()

    def hold(self, name: str, value: Tensor) -> Tensor:
        """Keep an input; what lies on the device already stays there."""
        if self._fetched is None or value.device.type != "cpu":
            return value
        if name not in self._held:
            self._held[name] = torch.empty_like(value, pin_memory=True)
        return self._held[name].copy_(value)


def _make_current(device: torch.device) -> AbstractContextManager[object]:
    return torch.cuda.device(device) if device.type == "cuda" else nullcontext()


def record_graph(compute: Compute, changed: Sequence[Tensor]) -> Compute:
    """Record what `compute` does on the current GPU, and change nothing.

    Args:
        compute: asks the GPU for no value.
        changed: what it changes or gives gradients.

    Returns:
        Does the same again, into the same results and gradients.

    Raises:
        RuntimeError: the GPU can't record it.
    """
    aside: Any = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        rehearse(compute, changed)
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    # Only this thread is watched: others may prepare images meanwhile.
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        results = compute()
    gradients = [(value, value.grad) for value in changed if value.grad is not None]

    def replay() -> tuple[Tensor, ...]:
        graph.replay()
        for value, gradient in gradients:
            value.grad = gradient
        return results

    return replay


@torch.no_grad()
def rehearse(compute: Compute, changed: Sequence[Tensor]) -> None:
    """Compute a few times, and leave what changes and its gradients as they were: without."""
    before = [value.clone() for value in changed]
    try:
        for _ in range(REHEARSALS):
            with torch.enable_grad():
                compute()
            drop_gradients(changed)
    finally:
        drop_gradients(changed)
        for value, old in zip(changed, before, strict=True):
            value.copy_(old)


def drop_gradients(values: Sequence[Tensor]) -> None:
    """Forget the gradients."""
    for value in values:
        value.grad = None
