"""A worker: holds the opened stages of a pass, and runs shards. In this process, or as one of its
own."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from synthset.engine.catalog import Spec, build, plan_passes
from synthset.engine.shard import ShardOutcome, run_shard
from synthset.machine import fix_torch_threads
from synthset.recipe.recipe import Recipe, load_recipe
from synthset.stage import Stage
from synthset.store.dataset import Dataset
from synthset.taxonomy.classlists import ClassEntry

Tell = Callable[[tuple[Any, ...]], None]


def open_worker(
    path: str, recipe: Mapping[str, Any], classes: Sequence[ClassEntry], plan: str
) -> Worker:
    """Open a worker in whatever process this is.

    Args:
        path: of the dataset.
        recipe: its content.
        classes: entries of its classes, in label order.
        plan: name of its plan table.
    """
    return Worker(Dataset.open(path), load_recipe(recipe), classes, plan)


class Worker:
    """Runs shards of one dataset; a model is loaded once for each pass."""

    def __init__(
        self, dataset: Dataset, recipe: Recipe, classes: Sequence[ClassEntry], plan: str
    ) -> None:
        self._dataset = dataset
        self._recipe = recipe
        self._classes = classes
        self._passes = plan_passes(recipe, plan)
        self._opened: dict[Spec, Stage] = {}

    def __call__(self, task: tuple[int, int], tell: Tell) -> ShardOutcome:
        """Run a shard, and say what became of it.

        Args:
            task: numbers of the pass and of the shard.
            tell: called with `("rows", count)` as rows get done, and with `("failed", role, shard,
                rows)` as rows fail, see `run_shard`.
        """
        number, shard = task
        specs = self._passes[number]
        for spec in list(self._opened):
            if spec not in specs:  # make room before the next model
                del self._opened[spec]
                gc.collect()
        needed = [spec for spec in specs if not self._dataset.has(spec.table, shard)]
        stages = {spec: self._open(spec) for spec in needed}
        with fix_torch_threads(self._recipe.engine.threads):
            return run_shard(
                self._dataset,
                stages,
                shard,
                lambda rows: tell(("rows", rows)),
                lambda role, shard, failed: tell(("failed", role, shard, failed)),
            )

    def _open(self, spec: Spec) -> Stage:
        if spec not in self._opened:
            stage = build(self._recipe, spec.role, list(self._classes), self._dataset.folder)
            stage.open()
            self._opened[spec] = stage
        return self._opened[spec]
