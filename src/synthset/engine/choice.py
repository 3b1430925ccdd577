"""Which engine a run has: asked by its user, opened for its passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal, get_args

from synthset.engine.engine import Engine
from synthset.engine.local import LocalEngine
from synthset.engine.run_passes import Passes
from synthset.errors import UsageError, did_you_mean
from synthset.machine import ProgressBar, count_workers
from synthset.recipe.recipe import Recipe
from synthset.store.dataset import Dataset
from synthset.taxonomy.classlists import ClassEntry

Kind = Literal["local", "ray"]
CHUNKS_A_WORKER = 8  # with fewer, a further process takes longer to start than it saves


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """What a user says of the engine.

    Attributes:
        kind: `local` or `ray`.
        workers: at most; none means the recipe's.
        address: of a Ray cluster; see `run`.
        gpus: GPUs of each worker on a cluster, also a part of one; none means one where the
            cluster has any and the recipe doesn't ask for the CPU.
    """

    kind: str = "local"
    workers: int | None = None
    address: str | None = None
    gpus: float | None = None

    def __post_init__(self) -> None:
        """See that it can be had.

        Raises:
            UsageError: it can't.
        """
        kinds = get_args(Kind)
        if self.kind not in kinds:
            raise UsageError(f"engine: {self.kind!r}; {did_you_mean(self.kind, kinds)}")
        if self.kind == "ray" and find_spec("ray") is None:
            raise UsageError("engine: ray is not installed: pip install 'synthset[ray]'")
        given = {"address": self.address, "gpus_per_worker": self.gpus}
        unused = [name for name, value in given.items() if value is not None]
        if self.kind == "local" and unused:
            raise UsageError(f"{unused[0]}: only the engine ray has one; ask for that, too")
        if self.gpus is not None and not (0 <= self.gpus < 1 or self.gpus == int(self.gpus)):
            raise UsageError(
                f"gpus_per_worker: found {self.gpus:g}; give a part of one GPU, as 0.5, or a whole "
                "number"
            )

    def open(
        self,
        dataset: Dataset,
        recipe: Recipe,
        classes: Sequence[ClassEntry],
        passes: Passes,
        bar: ProgressBar,
    ) -> Engine:
        """Open the engine for what passes still lack.

        Args:
            dataset: that the passes fill.
            recipe: of the dataset.
            classes: in label order.
            passes: to be run.
            bar: told what the engine waits for.

        Raises:
            UsageError: there is no such cluster.
        """
        asked = self.workers if self.workers is not None else recipe.engine.workers
        chunks = passes.count_todo()
        tasks = chunks // CHUNKS_A_WORKER if asked == "auto" else chunks
        device = str(getattr(recipe.source, "device", "auto"))
        if self.kind == "ray":
            from synthset.engine.on_ray import RayEngine  # an extra

            return RayEngine(
                dataset, recipe, classes, passes.order, asked, tasks, self.address, self.gpus, bar
            )
        workers = count_workers(asked, tasks, device)
        return LocalEngine(dataset, recipe, classes, passes.order, workers)
