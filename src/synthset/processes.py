"""Work side by side on several processes of this machine.

A worker (`python -m synthset.processes`) reads pickled tasks from its standard input and answers on
its standard output. It ends at once when its input closes, so that no worker outlives a killed
parent; and the parent ends its own workers, and no other child of whoever called it.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import TracebackType
from typing import Any, Generic, TypeVar

from synthset.errors import SynthsetError
from synthset.machine import count_gpus, make_worker_environment

TRIES = 3  # a task on which so many workers died is given up

Task = TypeVar("Task")
Tell = Callable[[Any], None]
Work = Callable[[Task, Tell], Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a task has no result.

    Attributes:
        kind: name of the error's class; `Died` where workers ended without a word.
        message: for users.
    """

    kind: str
    message: str

    def __str__(self) -> str:
        return self.message


class Processes(Generic[Task]):
    """Workers that are handed tasks as they get free, and are kept from one call to the next.

    Use as a context manager; leaving it ends them. One worker is this process itself.
    """

    def __init__(
        self,
        count: int,
        begin: Callable[..., Work[Task]],
        arguments: tuple[Any, ...] = (),
        threads: int = 1,
        device: str = "auto",
    ) -> None:
        """Plan the workers; each starts with its first task.

        Args:
            count: workers at most.
            begin: called in each worker once; a function that another process can import. It
                returns what does a task, `work(task, tell)`.
            arguments: of `begin`; plain enough to be pickled.
            threads: threads of arithmetic of each other process.
            device: that the work runs on; unless it is one GPU by name, such as `cuda:1`, each
                process sees one of those that there are.
        """
        self.count = count
        self._begin, self._arguments, self._threads = begin, arguments, threads
        self._names_gpu = ":" in device
        self._here: Work[Task] | None = None
        self._workers: dict[int, _Worker] = {}
        self._answers: queue.Queue[tuple[_Worker, str, Any]] = queue.Queue()

    def __enter__(self) -> Processes[Task]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def run(
        self, tasks: Sequence[Task], told: Tell = lambda _: None
    ) -> Iterator[tuple[Task, Any | Fault]]:
        """Do tasks, and yield each with its result, in no certain order.

        A task that fails in another process has a `Fault` for a result, and the others go on; what
        fails in this process is raised.

        Args:
            tasks: handed out in this order.
            told: called with what the work tells on its way; what it raises ends all workers.
        """
        if self.count == 1:
            self._here = self._here or self._begin(*self._arguments)
            for task in tasks:
                yield task, self._here(task, told)
            return
        try:
            yield from self._run_side_by_side(deque(enumerate(tasks)), told)
        except BaseException:  # an answer that nobody waits for would meet the next call
            self._end()
            raise

    def _run_side_by_side(
        self, waiting: deque[tuple[int, Task]], told: Tell
    ) -> Iterator[tuple[Task, Any | Fault]]:
        busy: dict[int, tuple[int, Task]] = {}
        deaths: Counter[int] = Counter()
        for place in range(min(self.count, len(waiting))):
            busy[place] = self._give(place, waiting)
        while busy:
            worker, kind, content = self._answers.get()
            if self._workers.get(worker.place) is not worker:
                continue  # the last word of one that was ended
            if kind == "told":
                told(content)
                continue
            if kind == "died":
                self._workers.pop(worker.place).end()
            if worker.place not in busy:
                continue
            number, task = busy.pop(worker.place)
            if kind == "died":
                deaths[number] += 1
                if deaths[number] < TRIES:
                    waiting.appendleft((number, task))
                    busy[worker.place] = self._give(worker.place, waiting)
                    continue
                why = f"{TRIES} workers died while they ran it (out of memory?). {content}".strip()
                content = Fault("Died", why)
            if waiting:
                busy[worker.place] = self._give(worker.place, waiting)
            yield task, content

    def _give(self, place: int, waiting: deque[tuple[int, Task]]) -> tuple[int, Task]:
        if place not in self._workers:
            gpus = 0 if self._names_gpu else count_gpus()
            environment = make_worker_environment(self._threads, place, gpus)
            worker = _Worker(place, environment, self._answers)
            self._workers[place] = worker
            worker.send((sys.path, self._begin.__module__, self._begin.__qualname__))
            worker.send(self._arguments)
        given = waiting.popleft()
        self._workers[place].send(given[1])
        return given

    def _end(self) -> None:
        for worker in self._workers.values():
            worker.end()
        self._workers.clear()


class _Worker:
    """One worker process, and the thread that listens to it."""

    def __init__(
        self,
        place: int,
        environment: dict[str, str],
        answers: queue.Queue[tuple[_Worker, str, Any]],
    ) -> None:
        self.place = place
        self._answers = answers
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "synthset.processes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, message: Any) -> None:
        """Say something to it; one that died is reported by the listener."""
        assert self._popen.stdin is not None
        try:
            self._popen.stdin.write(pickle.dumps(message))
            self._popen.stdin.flush()
        except BrokenPipeError:
            return

    def end(self) -> None:
        """Stop it at once; what it has written to disk is kept."""
        self._popen.kill()
        self._popen.wait()
        for stream in (self._popen.stdin, self._popen.stdout, self._errors):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # a pipe to a dead process
                    continue

    def _listen(self) -> None:
        assert self._popen.stdout is not None
        try:
            while True:
                self._answers.put((self, *pickle.load(self._popen.stdout)))
        except (EOFError, ValueError, OSError, pickle.UnpicklingError):  # it ended, or was ended
            self._answers.put((self, "died", self._last_words()))

    def _last_words(self) -> str:
        try:
            self._errors.seek(0)
            lines = self._errors.read().decode(errors="replace").strip().splitlines()
        except ValueError:  # closed
            return ""
        return f"Its last output: {lines[-1][:300]}" if lines else ""


def main() -> None:
    """Serve one parent until it closes our input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent ends us
    answers, one_at_a_time = os.fdopen(os.dup(1), "wb"), threading.Lock()
    os.dup2(2, 1)  # what libraries print goes with the errors, not between our answers
    messages: queue.Queue[Any] = queue.Queue()
    sys.path[:], module, name = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_hear, args=(messages,), daemon=True).start()

    def answer(kind: str, content: Any) -> None:
        said = pickle.dumps((kind, content))
        with one_at_a_time:
            answers.write(said)
            answers.flush()

    arguments = messages.get()
    work: Work[Any] | None = None
    while True:
        task = messages.get()
        try:
            work = work or getattr(import_module(module), name)(*arguments)
            answer("done", work(task, lambda content: answer("told", content)))
        except Exception as fault:  # told to the parent, which knows what to do
            plain = str(fault) if isinstance(fault, SynthsetError) and str(fault) else repr(fault)
            answer("done", Fault(type(fault).__name__, plain))


def _hear(messages: queue.Queue[Any]) -> None:
    while True:
        try:
            messages.put(pickle.load(sys.stdin.buffer))
        except EOFError:
            os._exit(1)  # the parent is gone


if __name__ == "__main__":
    from synthset import processes  # by its own name, so that both sides mean the same classes

    processes.main()
