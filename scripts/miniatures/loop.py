"""Train a model: rate, moving average, checkpoints, log. A killed run goes on where it was."""

import copy
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from scripts.miniatures.config import Schedule
from torch import Tensor, nn

Loss = Callable[[Tensor, torch.Generator, int], Tensor]
Check = Callable[[nn.Module], dict[str, float]]


@dataclass
class Job:
    """One training run: what is trained, on how many rows, and where its checkpoint lies.

    Args:
        loss: from (B,) row indexes, a generator for the step's draws, and the position in images.
        check: measures the averaged model now and then; its numbers go to the log.
    """

    name: str
    folder: Path
    model: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    num_rows: int
    seed: int
    loss: Loss
    check: Check
    check_images: int = 25_000
    save_s: float = 60
    log_images: int = 6_400
    stopped: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.average = copy.deepcopy(self.model).requires_grad_(False).eval()
        self.position, self.steps, self.core_s = 0, 0, 0.0
        self._epoch, self._shuffled = -1, torch.empty(0)
        if self.checkpoint.exists():
            self._load()

    @property
    def checkpoint(self) -> Path:
        return self.folder / f"{self.name}.pt"

    def run(self) -> nn.Module:
        """Train to the schedule's end or to a signal, and return the averaged model."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        saved, losses, start = time.monotonic(), list[float](), (time.monotonic(), self.position)
        while self.position < self.schedule.images and not self.stopped:
            before, clock = self.position, time.process_time()
            losses.append(self._step())
            self.core_s += time.process_time() - clock
            if self._crossed(before, self.log_images):
                self._log({"loss": sum(losses) / len(losses)}, start)
                losses = []
            if self._crossed(before, self.check_images):
                self._log(self.check(self.average), start)
            if time.monotonic() - saved > self.save_s:
                self._save()
                saved = time.monotonic()
        self._save()
        self._log(self.check(self.average), start)
        return self.average

    def _step(self) -> float:
        batch = self.schedule.batch_size
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.position)
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.rate(self.position) * group.get("scale", 1.0)
        loss = self.loss(self._indexes(batch), generator, self.position)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._follow()
        self.position, self.steps = self.position + batch, self.steps + 1
        return float(loss.detach())

    def _indexes(self, batch: int) -> Tensor:
        """Return the next rows of an endless stream of shuffled epochs."""
        at = torch.arange(self.position, self.position + batch)  # (B,) int64
        epochs = at // self.num_rows
        parts = [
            self._order(int(one))[at[epochs == one] % self.num_rows] for one in epochs.unique()
        ]
        return torch.cat(parts)

    def _order(self, epoch: int) -> Tensor:
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
            self._shuffled = torch.randperm(self.num_rows, generator=generator)
            self._epoch = epoch
        return self._shuffled

    @torch.no_grad()
    def _follow(self) -> None:
        share = 1 - min(self.schedule.ema, (1 + self.steps) / (10 + self.steps))
        kept = self.model.state_dict()  # without constants such as a mask of -inf
        for name, mean in self.average.state_dict().items():
            now = kept[name]
            mean.lerp_(now, share) if mean.is_floating_point() else mean.copy_(now)

    def _crossed(self, before: int, every: int) -> bool:
        return before // every != self.position // every

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopped = True

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "position": self.position,
            "steps": self.steps,
            "core_s": self.core_s,
        }
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self.checkpoint)

    def _load(self) -> None:
        state = torch.load(self.checkpoint, weights_only=True, map_location="cpu")
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.position, self.steps, self.core_s = state["position"], state["steps"], state["core_s"]

    def _log(self, numbers: dict[str, float], start: tuple[float, int]) -> None:
        rate = (self.position - start[1]) / max(time.monotonic() - start[0], 1e-9)
        left_s = (self.schedule.images - self.position) / max(rate, 1e-9)
        row: dict[str, Any] = {"images": self.position, "core_s": round(self.core_s, 1), **numbers}
        with (self.folder / f"{self.name}.jsonl").open("a") as log:
            log.write(json.dumps(row) + "\n")
        shown = "  ".join(f"{key} {value:.4f}" for key, value in numbers.items())
        print(
            f"{self.name} {self.position:,}/{self.schedule.images:,}  {shown}  "
            f"{rate:.0f} images/s, {left_s / 60:.0f} min left",
            file=sys.stderr,
            flush=True,
        )


def pick_device() -> torch.device:
    """Return the GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def averaged(checkpoint: Path, model: nn.Module) -> nn.Module:
    """Fill a model with the averaged weights of a checkpoint, for evaluation."""
    state = torch.load(checkpoint, weights_only=True, map_location="cpu")
    model.load_state_dict(state["average"])
    return model.eval().requires_grad_(False)
