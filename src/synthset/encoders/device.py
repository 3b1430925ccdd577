"""Where a model runs, and in which arithmetic."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from torch import nn

from synthset.errors import ModelError

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def pick_device(name: str) -> torch.device:
    """Turn a setting into a device; `auto` takes CUDA, else MPS, else the CPU.

    Raises:
        ModelError: the device is not there.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    device = torch.device(name)
    there = {
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not there.get(device.type, True):
        raise ModelError(f"device: this machine has no {name!r}; set device: auto, or cpu")
    return device


def pick_dtype(name: str, device: torch.device) -> torch.dtype:
    """Turn a setting into an arithmetic; `auto` is float16 on a GPU and float32 on a CPU."""
    if name == "auto":
        return torch.float32 if device.type == "cpu" else torch.float16
    return DTYPES[name]


def prepare_model(model: nn.Module, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """Put a model in place for inference; channels last is the faster layout of convolutions."""
    model.eval().requires_grad_(False)
    return model.to(memory_format=torch.channels_last).to(device, dtype)


def make_repeatable() -> AbstractContextManager[None]:
    """Make convolutions on a GPU repeatable, with all of float32 (by default cuDNN uses TF32)."""
    flags: AbstractContextManager[None] = torch.backends.cudnn.flags(
        enabled=True, deterministic=True, allow_tf32=False
    )
    return flags
