"""Cuts what a pass lacks into chunks, and deals them out: each row once, to whoever is free.

It does nothing itself and touches no disk, so that it is the same for any kind of worker.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from synthset.workers import Answer, Fault

AHEAD = 3  # chunks that a worker has beside the one in the model: to prepare, or being written

Failures = dict[str, list[tuple[int, str]]]  # by role: row of the shard, and its error


@dataclass(frozen=True, slots=True)
class ShardTodo:
    """What a shard of a pass lacks.

    Attributes:
        number: of the pass.
        shard: number.
        rows: of the shard.
        size: rows that are computed at a time.
        covered: rows in finished chunks, by the place in the pass of each table without a cell.
    """

    number: int
    shard: int
    rows: int
    size: int
    covered: Mapping[int, frozenset[int]]


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """Some rows to compute, for those tables of a pass that lack them."""

    number: int
    shard: int
    start: int
    stop: int
    places: tuple[int, ...]

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class AssembleTask:
    """A shard whose chunks are finished, to be joined to cells."""

    number: int
    shard: int
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChunkDone:
    """What became of a chunk: the rows that failed, though all that they are made from was there;
    or why nothing came of it."""

    failures: Failures
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """What became of a shard."""

    shard: int
    failed_rows: int = 0
    error: str | None = None


def cut(todo: ShardTodo) -> Iterator[ChunkTask]:
    """Cut what is missing into chunks that end at multiples of their size, so that batches are the
    same whatever is there; tables that lack the same rows share one."""
    start = 0
    while start < todo.rows:
        lacking = _find_lacking(todo, start)
        stop = start + 1
        while stop < todo.rows and stop % todo.size and _find_lacking(todo, stop) == lacking:
            stop += 1
        if lacking:
            yield ChunkTask(todo.number, todo.shard, start, stop, lacking)
        start = stop


def _find_lacking(todo: ShardTodo, row: int) -> tuple[int, ...]:
    return tuple(place for place, rows in todo.covered.items() if row not in rows)


class ChunkFeed:
    """The chunks of some shards in order, and the assembly of each shard once its chunks are done.

    A shard with a chunk that fails is given up, and the others go on.

    Attributes:
        outcomes: of shards that are done with; whoever reads them takes them away.
    """

    def __init__(self, todo: Iterable[ShardTodo], workers: int) -> None:
        self.outcomes: deque[ShardOutcome] = deque()
        self._workers = workers
        self._assemblies = {
            one.shard: AssembleTask(one.number, one.shard, tuple(one.covered)) for one in todo
        }
        self._waiting = deque(chunk for one in todo for chunk in cut(one))
        self._open = Counter(chunk.shard for chunk in self._waiting)  # chunks that aren't done
        self._faults: dict[int, tuple[int, str]] = {}  # by shard: first row of a chunk, and why
        self._ready = deque(
            task for shard, task in self._assemblies.items() if not self._open[shard]
        )

    @property
    def rows(self) -> int:
        """Rows that wait to be computed."""
        return sum(map(len, self._waiting))

    def next(self, worker: int, in_hand: int) -> ChunkTask | AssembleTask | None:
        """Give an assembly where one is ready; else the next chunk. A worker has a few chunks at a
        time, and towards the end one, so that all end together."""
        if self._ready:
            return self._ready.popleft()
        spare = min(AHEAD, len(self._waiting) // self._workers)
        return self._waiting.popleft() if self._waiting and in_hand <= spare else None

    def settle(self, task: ChunkTask | AssembleTask, answer: Answer) -> None:
        """Hear what became of a task."""
        error = answer.message if isinstance(answer, Fault) else answer.error
        if isinstance(task, AssembleTask):
            done = ShardOutcome(task.shard, error=error) if error else answer
            self.outcomes.append(done)
            return
        self._open[task.shard] -= 1
        if error:
            self._give_up(task, error)
        if self._open[task.shard]:
            return
        if task.shard in self._faults:
            self.outcomes.append(ShardOutcome(task.shard, error=self._faults[task.shard][1]))
        else:
            self._ready.append(self._assemblies[task.shard])

    def _give_up(self, task: ChunkTask, error: str) -> None:
        fault = task.start, error
        self._faults[task.shard] = min(self._faults.get(task.shard, fault), fault)
        kept = deque(chunk for chunk in self._waiting if chunk.shard != task.shard)
        self._open[task.shard] -= len(self._waiting) - len(kept)
        self._waiting = kept
