"""Where a training runs: the device, how many processes take part, the arithmetic.

Accelerate reads what `torchrun` and `accelerate launch` say, so one process and many run the same
code.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from synthset.encoders.device import pick_device
from synthset.errors import RecipeError, UsageError
from synthset.recipe.training import Training
from synthset.training.precision import pick_precision

MIXED = {torch.float32: "no", torch.bfloat16: "bf16", torch.float16: "fp16"}
CHOSEN_DEVICE = "ACCELERATE_TORCH_DEVICE"  # Accelerate's name for it


def open_accelerator(training: Training) -> tuple[Accelerator, torch.dtype]:
    """Take the place of this process in the training.

    Raises:
        RecipeError: the device cannot compute in the wanted precision.
        UsageError: there are more processes than pairs of images in a batch.
        ModelError: the device is not there.
    """
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    device = pick_device(training.device)
    dtype = pick_precision(training.precision, device)
    if dtype == torch.float16 and device.type != "cuda":
        right = "set it to auto, bfloat16 or float32"
        raise RecipeError(
            "training.precision", f"float16 doesn't work on a {device.type} device", right
        )
    if training.batch_size < 2 * processes:
        raise UsageError(
            f"training.batch_size: {training.batch_size} images for {processes} processes; give "
            "each process at least two"
        )
    # Accelerate has one state a process, and another training may have left its own.
    AcceleratorState._reset_state(reset_partial_state=True)
    with _device_of(device if processes == 1 else None):
        accelerator = Accelerator(cpu=device.type == "cpu", mixed_precision=MIXED[dtype])
    return accelerator, dtype


def cut_batch(accelerator: Accelerator, batch_size: int) -> slice:
    """Cut a batch between the processes at even places, so that neighbours stay together."""
    pairs, world = (batch_size + 1) // 2, accelerator.num_processes
    first, last = (
        min(2 * (pairs * rank // world), batch_size)
        for rank in (accelerator.process_index, accelerator.process_index + 1)
    )
    return slice(first, last)


@contextmanager
def make_reproducible(training: Training) -> Iterator[None]:
    """Compute the same each time, and leave torch's generator and threads as they were."""
    threads = torch.get_num_threads()
    cudnn = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=True
    )
    with torch.random.fork_rng(), cudnn:
        torch.set_num_threads(training.threads)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


@contextmanager
def _device_of(device: torch.device | None) -> Iterator[None]:
    before = os.environ.get(CHOSEN_DEVICE)
    if device is not None:
        os.environ[CHOSEN_DEVICE] = str(device)
    try:
        yield
    finally:
        if device is not None:
            os.environ.pop(CHOSEN_DEVICE)
            if before is not None:
                os.environ[CHOSEN_DEVICE] = before
