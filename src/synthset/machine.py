"""This machine: its cores, GPUs and memory, and what shows how far work on it is."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psutil

MEMORY_A_WORKER = 3 << 30  # bytes: imports, a miniature or a small model, a chunk of images
MOST_WORKERS = 8  # that `auto` starts on a machine without a GPU
ROCM = Path("/dev/kfd")  # is there where AMD's driver is
CPU = Path("/proc/cpuinfo")  # Linux's
BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16", "bf16"})  # what it says of x86 and Arm


class ProgressBar(Protocol):
    """Shows the progress of some work, and what a user should know. The command line draws it; as a
    library, synthset is quiet."""

    def start(self, title: str, total: int) -> None: ...
    def advance(self, rows: int) -> None: ...
    def stop(self) -> None: ...
    def say(self, words: str) -> None: ...


class Silent:
    """Shows nothing."""

    def start(self, title: str, total: int) -> None: ...
    def advance(self, rows: int) -> None: ...
    def stop(self) -> None: ...
    def say(self, words: str) -> None: ...


def count_workers(asked: int | str, tasks: int, device: str = "auto", threads: int = 1) -> int:
    """Count the worker processes to use, one at least.

    Args:
        asked: a number, or `auto`: one a GPU; without one, as many as cores and memory allow.
        tasks: that are to do; no more workers than that.
        device: that the work runs on; `cpu` ignores GPUs, `cuda:1` is one of them.
        threads: of each worker on a CPU.
    """
    if isinstance(asked, int):
        return max(1, min(asked, tasks))
    if gpus := _count_gpus_of(device):
        return max(1, min(gpus, tasks))
    memory = int(psutil.virtual_memory().available // MEMORY_A_WORKER)
    return max(1, min(count_cores() // threads, memory, tasks, MOST_WORKERS))


def count_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux: fewer than there are, in a container
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def is_first_process() -> bool:
    """Tell whether this is the first, or the only one, of the processes that torchrun starts."""
    return os.environ.get("RANK", "0") == "0"


def count_gpus() -> int:
    """Count GPUs: NVIDIA's, AMD's, or the one of Apple silicon. Where there can be none, torch is
    not loaded to ask."""
    if not may_have_gpu():
        return 0
    import torch  # takes seconds, and only a machine with a GPU needs it here

    return int(torch.backends.mps.is_available() if _is_apple() else torch.cuda.device_count())


def may_have_gpu() -> bool:
    """Tell whether there may be a GPU, without a library that knows."""
    return _is_apple() or ROCM.exists() or shutil.which("nvidia-smi") is not None


def computes_bfloat16() -> bool:
    """Tell whether the CPU says that it has instructions for bfloat16; only Linux tells."""
    return CPU.exists() and not BFLOAT16.isdisjoint(CPU.read_text(errors="replace").split())


def count_gpus_used(devices: Sequence[str], workers: int) -> int:
    """Count the GPUs that work runs on: one a worker, as far as there are any.

    Args:
        devices: settings of its models, such as `auto`; none where no model runs.
        workers: processes.
    """
    return max((min(workers, _count_gpus_of(device)) for device in devices), default=0)


def make_worker_environment(threads: int, place: int = 0, gpus: int = 0) -> dict[str, str]:
    """Describe the environment of a worker process.

    Args:
        threads: threads of arithmetic.
        place: number of the worker.
        gpus: how many GPUs there are; of several each worker sees one, in turns.
    """
    fixed = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    quiet = {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    seen = {}
    if gpus > 1:
        name = "HIP_VISIBLE_DEVICES" if ROCM.exists() else "CUDA_VISIBLE_DEVICES"
        visible = os.environ.get(name, "").split(",")
        names = visible if len(visible) == gpus else [str(gpu) for gpu in range(gpus)]
        seen = {name: names[place % gpus]}
    return {**os.environ, **fixed, **quiet, **seen}


@contextmanager
def fix_torch_threads(count: int) -> Iterator[None]:
    """Fix the number of threads of arithmetic, which decides the last bit of a result on a CPU.

    Work without torch need not load it for that.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def has_room() -> bool:
    """Tell whether a model may be loaded beside those that are: while half of the GPU's memory is
    free, or without one as much as a worker takes."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        free, total = torch.cuda.mem_get_info()
        return bool(2 * free > total)
    return bool(psutil.virtual_memory().available > MEMORY_A_WORKER)


def _is_apple() -> bool:
    return platform.system() == "Darwin" and platform.machine() == "arm64"


def _count_gpus_of(device: str) -> int:
    if device == "cpu":
        return 0
    return min(1, count_gpus()) if ":" in device or device == "mps" else count_gpus()
