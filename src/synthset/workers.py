"""Workers, wherever they run, and the feed that says who does what next."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

Task = TypeVar("Task")
Answer = Any  # of a task: what its work gives, or a `Fault`
Tell = Callable[[Any], None]
Work = Callable[[Task, Tell], Any]  # the answer, or a future of it
Answers = Generator[tuple[Task, Answer], None, None]


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


class Pipeline(ABC, Generic[Task]):
    """Work on several tasks at once in one worker: while one is computed, the next are prepared and
    the ones before are written."""

    @abstractmethod
    def prepare(self, task: Task) -> None:
        """Begin what can be done before it is the task's turn."""

    @abstractmethod
    def __call__(self, task: Task, tell: Tell) -> Future[Any]:
        """Compute a task; the future is done when the rest of it is."""

    @abstractmethod
    def close(self) -> None:
        """Finish what is computed, and let go of what is prepared, once no task is left."""


class Feed(Protocol[Task]):
    """Decides what is done next, and by whom. It does nothing itself, so all workers share it."""

    def next(self, worker: int, in_hand: int) -> Task | None:
        """Give a worker another task.

        Args:
            worker: number of the worker.
            in_hand: tasks that it has and hasn't answered.

        Returns:
            None where there is nothing for it now. A worker asks again after the next answer of
            any worker; the work ends when all have answered and none is given anything.
        """

    def settle(self, task: Task, answer: Answer) -> None:
        """Hear what became of a task; others may be ready then."""


class Workers(Protocol[Task]):
    """Some workers that do tasks side by side; leaving their context ends them.

    Attributes:
        count: workers at most.
    """

    count: int

    def work(self, feed: Feed[Task], tell: Tell = ...) -> Answers[Task]:
        """Do the tasks of a feed, and yield each with its answer, in no certain order."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class ListFeed:
    """Tasks that don't depend on each other, in order; a worker has one at a time."""

    def __init__(self, tasks: Sequence[Any]) -> None:
        self._waiting = deque(tasks)

    def next(self, worker: int, in_hand: int) -> Any:
        """Give the first task that nobody has had."""
        return self._waiting.popleft() if self._waiting and not in_hand else None

    def settle(self, task: Any, answer: Answer) -> None:
        """Nothing depends on it."""


def run_list(
    workers: Workers[Task], tasks: Sequence[Task], tell: Tell = lambda _: None
) -> Answers[Task]:
    """Do tasks that don't depend on each other, handed out in this order as workers get free.

    Args:
        workers: do them.
        tasks: to be done.
        tell: called with what the work tells on its way; what it raises ends all workers.

    Yields:
        Each task with its result, in no certain order. What fails in another process has a `Fault`
        for a result, and the others go on; what fails in this process is raised.
    """
    return workers.work(ListFeed(tasks), tell)
