"""Work side by side on the machines of a Ray cluster.

A worker is an actor. Ray says where it runs, and that it is gone; which task is done next, again,
or given up is said here, as on one machine.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from types import TracebackType
from typing import Any, Generic

import ray
from ray.exceptions import RayError

from synthset.errors import StageError, UsageError
from synthset.machine import make_worker_environment
from synthset.processes import TRIES, Hands, serve
from synthset.workers import Answer, Answers, Fault, Feed, Task, Tell, Work

PATIENCE_S = 30  # until a user is told that no worker has started yet


class RayActors(Generic[Task]):
    """Workers of a Ray cluster that are handed tasks as they start and get free, and are kept from
    one call to the next.

    Use as a context manager; leaving it ends them.
    """

    def __init__(
        self,
        count: int,
        begin: Callable[..., Work[Task]],
        arguments: tuple[Any, ...],
        threads: int,
        gpus: float,
        say: Callable[[str], None],
    ) -> None:
        """Plan the workers, on the cluster that this process is connected with.

        Args:
            count: workers at most; as many work as the cluster has room for.
            begin: called in each worker once; a function that another machine can import. It
                returns what does a task, `work(task, tell)`.
            arguments: of `begin`; plain enough to be pickled.
            threads: threads of arithmetic, and CPUs, of each.
            gpus: of each; a part of one is shared.
            say: told what is waited for.
        """
        self.count = count
        self._start = begin.__module__, begin.__qualname__, arguments, threads
        self._needs = {"num_cpus": threads, "num_gpus": gpus}
        self._say = say
        self._actors: dict[int, Any] = {}
        self._heard: dict[Any, int] = {}  # by what an actor will say next: its place
        self._up: set[int] = set()
        self._lost = 0  # in a row before they were up

    def __enter__(self) -> RayActors[Task]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def work(self, feed: Feed[Task], tell: Tell = lambda _: None) -> Answers[Task]:
        """Do the tasks of a feed, and yield each with its answer, in no certain order.

        If a worker or its machine is lost, its oldest task is to blame; all that it had in hand is
        done again by workers that have nothing else.

        Args:
            feed: gives the tasks.
            tell: called with what the work tells on its way; what it raises ends all workers.

        Raises:
            StageError: no worker can start.
        """
        try:
            yield from self._work(Hands(feed, self.count), tell)
        except BaseException:  # an answer that nobody waits for would meet the next call
            self._end()
            raise

    def _work(self, hands: Hands[Task], tell: Tell) -> Answers[Task]:
        said = time.monotonic()
        while True:
            for place in range(self.count):
                if place not in self._actors:
                    self._begin(place)
            if not self._hand_out(hands) and self._up:
                return
            ready, _ = ray.wait([*self._heard], num_returns=1, timeout=1)
            if not self._up and time.monotonic() - said > PATIENCE_S:
                said = time.monotonic()
                self._say(f"waits for a worker to start: {self._describe_needs()}")
            for one in ready:
                yield from self._hear(self._heard.pop(one), one, hands, tell)

    def _begin(self, place: int) -> None:
        actor = ray.remote(_Actor).options(
            **self._needs, max_concurrency=2, max_restarts=0, max_task_retries=0
        )
        self._actors[place] = actor.remote(*self._start, sys.path, os.getcwd())
        self._listen(place)

    def _listen(self, place: int) -> None:
        self._heard[self._actors[place].hear.remote()] = place

    def _hand_out(self, hands: Hands[Task]) -> bool:
        """Give each worker that is up what there is for it; False if none has anything to do."""
        for place in sorted(self._up):
            while (given := hands.choose(place)) is not None:
                self._actors[place].give.remote(*given)
        return hands.busy

    def _hear(
        self, place: int, one: Any, hands: Hands[Task], tell: Tell
    ) -> Iterator[tuple[Task, Answer]]:
        try:
            messages = ray.get(one)
        except RayError as fault:
            yield from self._bury(place, _shorten(fault), hands)
            return
        self._listen(place)
        for kind, content in messages:
            if kind == "told":
                tell(content)
            elif kind == "done":
                yield hands.settle(place, *content)
            else:
                self._up.add(place)
                self._lost = 0

    def _bury(
        self, place: int, last_words: str, hands: Hands[Task]
    ) -> Iterator[tuple[Task, Answer]]:
        """Another worker takes the place of a lost one."""
        del self._actors[place]
        if place in self._up:
            self._up.remove(place)
            self._say(f"a worker was lost, its chunks are made again: {last_words}")
            yield from hands.bury(place, last_words)
            return
        self._lost += 1
        if self._lost == TRIES:
            raise StageError(
                f"{TRIES} workers were lost before they had started; synthset and what the recipe "
                f"needs must be installed on every machine of the cluster. {last_words}"
            )

    def _describe_needs(self) -> str:
        free, have = ray.available_resources(), ray.cluster_resources()  # type: ignore[no-untyped-call]
        named = {"CPU": self._needs["num_cpus"], "GPU": self._needs["num_gpus"]}
        return ", ".join(
            f"it needs {needed:g} {name}, the cluster has {have.get(name, 0):g} and "
            f"{free.get(name, 0):g} of them free"
            for name, needed in named.items()
            if needed
        )

    def _end(self) -> None:
        for actor in self._actors.values():
            with contextlib.suppress(RayError):
                ray.kill(actor)
        self._actors.clear()
        self._heard.clear()
        self._up.clear()


class _Actor:
    """A worker on a machine of the cluster: one thread works, two others hear and are heard."""

    def __init__(
        self,
        module: str,
        name: str,
        arguments: tuple[Any, ...],
        threads: int,
        paths: list[str],
        folder: str,
    ) -> None:
        self._host = socket.gethostname()
        os.environ.update(make_worker_environment(threads))
        sys.path += [path for path in paths if path not in sys.path]
        with contextlib.suppress(OSError):  # relative paths mean the same, where disks are shared
            os.chdir(folder)
        self._messages: queue.Queue[tuple[int, Any]] = queue.Queue()
        self._said: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._said.put(("up", None))
        begin = partial(_begin, module, name, arguments)
        work = partial(serve, self._messages, begin, self._answer)
        threading.Thread(target=work, daemon=True).start()

    def give(self, number: int, task: Any) -> None:
        """Take a task."""
        self._messages.put((number, task))

    def hear(self) -> list[tuple[str, Any]]:
        """Wait for something to say, and say all of it."""
        said = [self._said.get()]
        while not self._said.empty():
            said.append(self._said.get())
        return said

    def _answer(self, kind: str, content: Any) -> None:
        if kind == "done" and isinstance(content[1], Fault):
            number, fault = content
            content = number, Fault(fault.kind, f"on {self._host}: {fault.message}")
        self._said.put((kind, content))


def connect(address: str | None) -> dict[str, float]:
    """Connect this process with a cluster, unless it is.

    Args:
        address: of the cluster; `local` starts one on this machine; none means that of
            `RAY_ADDRESS`, or the one of which this machine is a part, and else starts one.

    Returns:
        Its CPUs, GPUs and other resources.

    Raises:
        UsageError: there is none at that address, or with other versions of Ray or Python.
    """
    if not ray.is_initialized():
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        ours = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            ray.init(address=address, logging_level=logging.WARNING)
        except (ConnectionError, RuntimeError, ValueError, RayError) as fault:
            raise UsageError(
                f"there is no Ray cluster that can be used at {address or 'RAY_ADDRESS'}: "
                f"{_shorten(fault)}; start one with `ray start --head`, or name another --address"
            ) from fault
        finally:
            if threading.current_thread() is threading.main_thread():
                for number, handler in ours.items():
                    signal.signal(number, handler)
    found: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return found


def _begin(module: str, name: str, arguments: tuple[Any, ...]) -> Work[Any]:
    work: Work[Any] = getattr(import_module(module), name)(*arguments)
    return work


def _shorten(fault: Exception) -> str:
    """The last line of what Ray says, which names the reason."""
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(fault).__name__
