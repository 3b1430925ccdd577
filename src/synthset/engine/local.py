"""The engine of one machine: this process, or several worker processes."""

from __future__ import annotations

from collections.abc import Sequence

from synthset.engine.engine import FeedEngine
from synthset.engine.worker import PassSpecs, open_worker
from synthset.machine import count_gpus_used
from synthset.processes import Processes
from synthset.recipe.recipe import Recipe
from synthset.store.dataset import Dataset
from synthset.taxonomy.classlists import ClassEntry


class LocalEngine(FeedEngine):
    """Runs passes on this machine; one worker is this process itself."""

    def __init__(
        self,
        dataset: Dataset,
        recipe: Recipe,
        classes: Sequence[ClassEntry],
        passes: PassSpecs,
        workers: int,
    ) -> None:
        start = (dataset.path, recipe.to_content(), list(classes), passes)
        processes = Processes(workers, open_worker, start, recipe.engine.threads)
        super().__init__(dataset, passes, processes)

    def count_gpus(self, devices: Sequence[str]) -> int:
        """Count the GPUs of this machine that models use, one a worker."""
        return count_gpus_used(devices, self.workers)
