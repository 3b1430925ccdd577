"""A pool of processes that ends its own when it is stopped, and no other child of the caller."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

PATIENCE_S = 5  # for a process to end before it is killed


class Spawn(SpawnContext):
    """Starts processes anew, since torch's threads don't survive a fork, and remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *args: Any, **options: Any) -> SpawnProcess:  # type: ignore[override]
        process = SpawnProcess(*args, **options)
        self.started.append(process)
        return process


@contextmanager
def process_pool(
    workers: int, context: Spawn, begin: Callable[..., None], arguments: tuple[Any, ...]
) -> Iterator[ProcessPoolExecutor]:
    """Open a pool; an error or a signal in the block ends its processes at once.

    Args:
        workers: processes at most.
        context: one for each pool; queues that its processes share are made with it too.
        begin: called in each process first.
        arguments: of `begin`.
    """
    with ProcessPoolExecutor(workers, context, _begin, (begin, *arguments)) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            ours = [process for process in context.started if process.pid is not None]
            for process in ours:
                process.terminate()
            for process in ours:
                process.join(PATIENCE_S)
                process.kill()  # has no effect on one that is gone
            raise


def _begin(begin: Callable[..., None], *arguments: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent ends us
    begin(*arguments)
