"""A worker: holds the opened stages of a pass, and runs shards. In this process, or as one of its
own.

As a process (`python -m synthset.engine.worker`) it reads JSON lines from standard input and
answers on standard output; it ends at once when its input closes, so that no worker outlives a
killed parent.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from synthset.engine.catalog import Spec, build, passes
from synthset.engine.shard import OnFailures, Outcome, run_shard
from synthset.recipe.recipe import Recipe, load_recipe
from synthset.stage import Stage
from synthset.store.dataset import Dataset
from synthset.taxonomy.classlists import ClassEntry


class Worker:
    """Runs shards of one dataset; a model is loaded once for each pass."""

    def __init__(
        self, dataset: Dataset, recipe: Recipe, classes: list[ClassEntry], plan: str
    ) -> None:
        self._dataset = dataset
        self._recipe = recipe
        self._classes = classes
        self._passes = passes(recipe, plan)
        self._opened: dict[Spec, Stage] = {}

    def run(
        self,
        number: int,
        shards: list[int],
        on_rows: Callable[[int], None],
        on_failures: OnFailures,
    ) -> Iterator[Outcome]:
        """Run some shards of one pass, and yield what became of each."""
        specs = self._passes[number]
        needed = [
            spec for spec in specs if any(not self._dataset.has(spec.table, s) for s in shards)
        ]
        for spec in list(self._opened):
            if spec not in needed:  # make room before the next model
                del self._opened[spec]
                gc.collect()
        for spec in needed:
            if spec not in self._opened:
                stage = build(self._recipe, spec.role, self._classes, self._dataset.folder)
                stage.open()
                self._opened[spec] = stage
        stages = {spec: self._opened[spec] for spec in needed}
        with torch_threads(self._recipe.engine.threads):
            for shard in shards:
                yield run_shard(self._dataset, stages, shard, on_rows, on_failures)


@contextlib.contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Fix the number of threads of arithmetic, which decides the last bit of a result on a CPU.

    Stages without torch need not load it for that.
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


def environment(threads: int, place: int = 0, gpus: int = 0) -> dict[str, str]:
    """The environment of a worker process.

    Args:
        threads: threads of arithmetic.
        place: number of the worker.
        gpus: how many GPUs there are; of several each worker sees one, in turns.
    """
    fixed = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    quiet = {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    seen = {}
    if gpus > 1:
        visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
        names = visible if len(visible) == gpus else [str(gpu) for gpu in range(gpus)]
        seen = {"CUDA_VISIBLE_DEVICES": names[place % gpus]}
    return {**os.environ, **fixed, **quiet, **seen}


def main() -> None:
    """Serve one parent until it closes our input."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print goes with the errors, not between our answers
    commands: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_listen, args=(commands,), daemon=True).start()
    start = commands.get()
    worker = Worker(
        Dataset.open(start["dataset"]),
        load_recipe(start["recipe"]),
        [ClassEntry(**{**entry, "lemmas": tuple(entry["lemmas"])}) for entry in start["classes"]],
        start["plan"],
    )

    def answer(kind: str, **content: Any) -> None:
        print(json.dumps({"kind": kind, **content}), file=answers, flush=True)

    while True:
        command = commands.get()
        try:
            rows = lambda count: answer("rows", rows=count)  # noqa: E731
            failed = lambda role, shard, rows: answer(  # noqa: E731
                "failed", role=role, shard=shard, failed=rows
            )
            for outcome in worker.run(command["pass"], command["shards"], rows, failed):
                answer("shard", **asdict(outcome))
            answer("done")
        except Exception as fault:  # told to the parent, which raises it
            answer("fault", type=type(fault).__name__, message=str(fault))


def _listen(commands: queue.Queue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        commands.put(json.loads(line))
    os._exit(1)  # the parent is gone


if __name__ == "__main__":
    main()
