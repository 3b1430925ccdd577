"""Runs a pass on this machine: in this process, or on several worker processes."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Any, Protocol

import psutil

from synthset.engine.shard import OnFailures, Outcome
from synthset.engine.worker import Worker, environment
from synthset.errors import ModelError, StageError
from synthset.recipe.recipe import Recipe
from synthset.store.dataset import Dataset
from synthset.taxonomy.classlists import ClassEntry

MEMORY_A_WORKER = 3 << 30  # bytes: imports, a miniature or a small model, a chunk of images
TRIES = 3  # a shard on which so many workers died is given up


class Bar(Protocol):
    """Shows how far a pass is, and what a user should know; the command line draws it, a library
    stays quiet."""

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


def count_workers(asked: int | str, shards: int, device: str = "auto") -> int:
    """How many worker processes to use.

    Args:
        asked: a number, or `auto`: one a GPU; without one, as many as cores, memory and shards
            allow.
        shards: shards that are to do.
        device: the recipe's device; `cpu` ignores GPUs.
    """
    if isinstance(asked, int):
        return max(1, min(asked, shards))
    gpus = 0 if device == "cpu" else count_gpus()
    if gpus:
        return max(1, min(gpus, shards))
    memory = int(psutil.virtual_memory().available // MEMORY_A_WORKER)
    return max(1, min(count_cores(), memory, shards, 8))


def count_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux: fewer than there are, in a container
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def count_gpus() -> int:
    """Count GPUs without loading torch where there can be none."""
    if not shutil.which("nvidia-smi"):
        return 0
    import torch  # takes seconds, and only a machine with a GPU needs it here

    return int(torch.cuda.device_count())


def count_gpus_used(devices: Sequence[str], workers: int) -> int:
    """Count the GPUs that a pass runs on: one a worker, as far as there are any.

    Args:
        devices: settings of its models, such as `auto`; none where no model runs.
        workers: processes.
    """
    return 0 if all(device == "cpu" for device in devices) else min(workers, count_gpus())


class LocalEngine:
    """Workers on this machine, kept over the passes of a run so that libraries load once.

    Use as a context manager; leaving it ends the workers.
    """

    def __init__(
        self,
        dataset: Dataset,
        recipe: Recipe,
        classes: Sequence[ClassEntry],
        plan: str,
        workers: int,
    ) -> None:
        self._dataset = dataset
        self._recipe = recipe
        self._classes = list(classes)
        self._plan = plan
        self.workers = workers
        self._here: Worker | None = None
        self._processes: list[_Process] = []

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            process.end()

    def run(
        self, number: int, shards: list[int], bar: Bar, on_failures: OnFailures
    ) -> Iterator[Outcome]:
        """Run shards of one pass, and yield what became of each, in no certain order.

        Args:
            number: of the pass.
            shards: numbers.
            bar: told how many rows are done.
            on_failures: told which rows failed, see `run_shard`; what it raises ends the pass.
        """
        if self.workers == 1:
            yield from self._run_here(number, shards, bar, on_failures)
        else:
            yield from self._run_beside(number, shards, bar, on_failures)

    def _run_here(
        self, number: int, shards: list[int], bar: Bar, on_failures: OnFailures
    ) -> Iterator[Outcome]:
        if self._here is None:
            self._here = Worker(self._dataset, self._recipe, self._classes, self._plan)
        yield from self._here.run(number, shards, bar.advance, on_failures)

    def _run_beside(
        self, number: int, shards: list[int], bar: Bar, on_failures: OnFailures
    ) -> Iterator[Outcome]:
        answers: queue.Queue[tuple[int, dict[str, Any]]] = queue.Queue()
        todo = {place: shards[place :: self.workers] for place in range(self.workers)}
        todo = {place: share for place, share in todo.items() if share}
        deaths: dict[int, int] = {}
        for place, share in todo.items():
            self._process(place).send(number, share, answers, place)
        while todo:
            place, answer = answers.get()
            if answer["kind"] == "rows":
                bar.advance(answer["rows"])
            elif answer["kind"] == "failed":
                on_failures(answer["role"], answer["shard"], answer["failed"])
            elif answer["kind"] == "shard":
                del answer["kind"]
                outcome = Outcome(**answer)
                todo[place].remove(outcome.shard)
                yield outcome
            elif answer["kind"] == "done":
                del todo[place]
            elif answer["kind"] == "fault":
                kind = ModelError if answer["type"] == "ModelError" else StageError
                raise kind(answer["message"] or answer["type"])
            else:
                yield from self._replace(number, place, todo, deaths, answers, answer["tail"])

    def _process(self, place: int) -> _Process:
        while len(self._processes) <= place:
            self._processes.append(self._start(len(self._processes)))
        return self._processes[place]

    def _start(self, place: int) -> _Process:
        classes = [asdict(entry) for entry in self._classes]
        start = {
            "dataset": self._dataset.path,
            "recipe": self._recipe.to_content(),
            "classes": classes,
            "plan": self._plan,
        }
        return _Process(start, self._recipe.engine.threads, place)

    def _replace(
        self,
        number: int,
        place: int,
        todo: dict[int, list[int]],
        deaths: dict[int, int],
        answers: queue.Queue[tuple[int, dict[str, Any]]],
        tail: str,
    ) -> Iterator[Outcome]:
        """A worker died: give its shards to a new one; a shard that keeps killing workers is given
        up."""
        suspect = todo[place][0]
        deaths[suspect] = deaths.get(suspect, 0) + 1
        if deaths[suspect] >= TRIES:
            todo[place].remove(suspect)
            why = f"{TRIES} workers died on it (out of memory?). {tail}".strip()
            yield Outcome(suspect, 0, 0.0, error=why)
        if not todo[place]:
            del todo[place]
            return
        self._processes[place].end()
        self._processes[place] = self._start(place)
        self._processes[place].send(number, todo[place], answers, place)


class _Process:
    """One worker process and the thread that listens to it."""

    def __init__(self, start: dict[str, Any], threads: int, place: int) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        variables = environment(threads, place, count_gpus())
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "synthset.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=variables,
        )
        self._say(start)

    def send(
        self,
        number: int,
        shards: list[int],
        answers: queue.Queue[tuple[int, dict[str, Any]]],
        place: int,
    ) -> None:
        """Give it shards; its answers come to the queue, the last one is `done`, `fault` or
        `died`."""
        threading.Thread(target=self._listen, args=(answers, place), daemon=True).start()
        self._say({"pass": number, "shards": shards})

    def end(self) -> None:
        """Stop it at once; what it committed is kept."""
        self._popen.kill()
        self._popen.wait()
        for stream in (self._popen.stdin, self._popen.stdout, self._errors):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # a pipe to a dead process
                    continue

    def _say(self, message: dict[str, Any]) -> None:
        assert self._popen.stdin is not None
        try:
            self._popen.stdin.write(json.dumps(message).encode() + b"\n")
            self._popen.stdin.flush()
        except BrokenPipeError:
            return  # it died; the listener reports it

    def _listen(self, answers: queue.Queue[tuple[int, dict[str, Any]]], place: int) -> None:
        assert self._popen.stdout is not None
        try:
            for line in self._popen.stdout:
                answer = json.loads(line)
                answers.put((place, answer))
                if answer["kind"] in ("done", "fault"):
                    return
        except ValueError:  # the pipe was closed, or the last line cut short by a kill
            pass
        answers.put((place, {"kind": "died", "tail": self._tail()}))

    def _tail(self) -> str:
        try:
            self._errors.seek(0)
            lines = self._errors.read().decode(errors="replace").strip().splitlines()
        except ValueError:  # closed
            return ""
        return f"Its last words: {lines[-1][:300]}" if lines else ""
