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
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from importlib import import_module
from itertools import count
from types import TracebackType
from typing import Any, Generic, NoReturn

from synthset.errors import SynthsetError
from synthset.machine import count_gpus, make_worker_environment
from synthset.workers import Answer, Answers, Fault, Feed, Pipeline, Task, Tell, Work

TRIES = 3  # a task on which so many workers died is given up


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

    def work(self, feed: Feed[Task], tell: Tell = lambda _: None) -> Answers[Task]:
        """Do the tasks of a feed, and yield each with its answer, in no certain order.

        A task that fails in another process has a `Fault` for an answer, and the others go on; what
        fails in this process is raised. If a worker dies, its oldest task is to blame; all that it
        had in hand is done again by workers that have nothing else.

        Args:
            feed: gives the tasks.
            tell: called with what the work tells on its way; what it raises ends all workers.
        """
        if self.count == 1:
            yield from self._work_here(feed, tell)
            return
        try:
            yield from self._work_side_by_side(Hands(feed, self.count), tell)
        except BaseException:  # an answer that nobody waits for would meet the next call
            self._end()
            raise

    def _work_here(self, feed: Feed[Task], tell: Tell) -> Answers[Task]:
        work = self._here = self._here or self._begin(*self._arguments)
        pipeline = work if isinstance(work, Pipeline) else None
        hand, late = deque[Task](), deque[tuple[Task, Any]]()  # to be worked on, to be answered
        try:
            while True:
                while (given := feed.next(0, len(hand) + len(late))) is not None:
                    hand.append(given)
                    if pipeline:
                        pipeline.prepare(given)
                if hand:
                    task = hand.popleft()
                    late.append((task, work(task, tell)))
                if not late:
                    return
                if not hand or not isinstance(late[0][1], Future) or late[0][1].done():
                    task, answer = late.popleft()
                    answer = answer.result() if isinstance(answer, Future) else answer
                    feed.settle(task, answer)
                    yield task, answer
        finally:
            if pipeline:
                pipeline.close()

    def _work_side_by_side(self, hands: Hands[Task], tell: Tell) -> Answers[Task]:
        while self._hand_out(hands):
            worker, kind, content = self._answers.get()
            if self._workers.get(worker.place) is not worker:
                continue  # the last word of one that was ended
            if kind == "told":
                tell(content)
            elif kind == "done":
                yield hands.settle(worker.place, *content)
            else:
                self._workers.pop(worker.place).end()
                yield from hands.bury(worker.place, content)

    def _hand_out(self, hands: Hands[Task]) -> bool:
        """Give each worker what there is for it; False if no worker has anything to do."""
        for place in range(self.count):
            while (given := hands.choose(place)) is not None:
                if place not in self._workers:
                    self._workers[place] = self._start(place)
                self._workers[place].send(given)
        return hands.busy

    def _start(self, place: int) -> _Worker:
        gpus = 0 if self._names_gpu else count_gpus()
        environment = make_worker_environment(self._threads, place, gpus)
        worker = _Worker(place, environment, self._answers)
        worker.send((sys.path, self._begin.__module__, self._begin.__qualname__))
        worker.send(self._arguments)
        return worker

    def _end(self) -> None:
        for worker in self._workers.values():
            worker.end()
        self._workers.clear()


class Hands(Generic[Task]):
    """Which worker has which tasks of a feed in hand, and what dead workers left."""

    def __init__(self, feed: Feed[Task], workers: int) -> None:
        self._feed = feed
        self._hands: list[dict[int, Task]] = [{} for _ in range(workers)]  # the oldest task first
        self._left: deque[tuple[int, Task]] = deque()
        self._numbers = count()
        self._deaths: Counter[int] = Counter()  # of each task that a dead worker left

    @property
    def busy(self) -> bool:
        """Whether any worker has a task."""
        return any(self._hands)

    def choose(self, place: int) -> tuple[int, Task] | None:
        """Choose a worker's next task, and its number; what was left is done alone."""
        hand = self._hands[place]
        if hand and (self._left or self._deaths.keys() & hand.keys()):
            return None
        if self._left:
            number, task = self._left.popleft()
        else:
            ready = self._feed.next(place, len(hand))
            if ready is None:
                return None
            number, task = next(self._numbers), ready
        hand[number] = task
        return number, task

    def settle(self, place: int, number: int, answer: Answer) -> tuple[Task, Answer]:
        """Take a task from a worker that has answered."""
        task = self._hands[place].pop(number)
        self._feed.settle(task, answer)
        return task, answer

    def bury(self, place: int, last_words: str) -> Iterator[tuple[Task, Answer]]:
        """Take all tasks from a worker that has died; give up the one that it died of, after so
        many deaths."""
        left = list(self._hands[place].items())
        self._deaths.update({number: int(old == 0) for old, (number, _) in enumerate(left)})
        if left and self._deaths[left[0][0]] == TRIES:
            why = f"{TRIES} workers died while they ran it (out of memory?). {last_words}".strip()
            yield self.settle(place, left.pop(0)[0], Fault("Died", why))
        self._left.extendleft(reversed(left))
        self._hands[place].clear()


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
    serve(messages, lambda: getattr(import_module(module), name)(*arguments), answer)


def serve(
    messages: queue.Queue[tuple[int, Any]],
    begin: Callable[[], Work[Any]],
    answer: Callable[[str, Any], None],
) -> NoReturn:
    """Do tasks as they come, for as long as this process lives.

    Args:
        messages: tasks, each with its number.
        begin: called at the first task, and again as long as it fails.
        answer: called with `done` and the number and answer of a task, or with `told` and what the
            work tells on its way; from any thread.
    """

    def settle(number: int, future: Future[Any]) -> None:
        fault = future.exception()
        answer("done", (number, _explain(fault) if fault else future.result()))

    work: Work[Any] | None = None
    hand = deque[tuple[int, Any]]()
    while True:
        while not hand or not messages.empty():
            hand.append(messages.get())
            if isinstance(work, Pipeline):
                work.prepare(hand[-1][1])
        number, task = hand.popleft()
        try:
            work = work or begin()
            found = work(task, lambda content: answer("told", content))
        except Exception as fault:
            found = _explain(fault)
        if isinstance(found, Future):
            found.add_done_callback(partial(settle, number))
        else:
            answer("done", (number, found))


def _explain(fault: BaseException) -> Fault:
    """Tell the parent, which knows what to do."""
    plain = str(fault) if isinstance(fault, SynthsetError) and str(fault) else repr(fault)
    return Fault(type(fault).__name__, plain)


def _hear(messages: queue.Queue[Any]) -> None:
    while True:
        try:
            messages.put(pickle.load(sys.stdin.buffer))
        except EOFError:
            os._exit(1)  # the parent is gone


if __name__ == "__main__":
    from synthset import processes  # by its own name, so that both sides mean the same classes

    processes.main()
