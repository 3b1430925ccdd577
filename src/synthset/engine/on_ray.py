"""The engine of a cluster: workers on the machines that Ray has, more as it gets more."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from synthset.engine.engine import FeedEngine
from synthset.engine.worker import PassSpecs, open_worker
from synthset.machine import ProgressBar
from synthset.ray_actors import RayActors, connect
from synthset.recipe.recipe import Recipe
from synthset.store.dataset import Dataset
from synthset.store.folder import LocalFolder
from synthset.taxonomy.classlists import ClassEntry


class RayEngine(FeedEngine):
    """Runs passes on a Ray cluster, whose machines share the dataset's folder or bucket."""

    def __init__(
        self,
        dataset: Dataset,
        recipe: Recipe,
        classes: Sequence[ClassEntry],
        passes: PassSpecs,
        asked: int | str,
        tasks: int,
        address: str | None,
        gpus: float | None,
        bar: ProgressBar,
    ) -> None:
        """Connect with the cluster, and plan the workers.

        Args:
            dataset: that the passes fill.
            recipe: of the dataset.
            classes: in label order.
            passes: that the workers take part in.
            asked: workers, or `auto`: as many as the cluster has GPUs or CPUs for now.
            tasks: that are to do; no more workers than that.
            address: of the cluster; see `run`.
            gpus: of each worker; none means one where the cluster has any and the recipe asks for
                no CPU.
            bar: told what is waited for.

        Raises:
            UsageError: there is no such cluster.
        """
        threads, has = recipe.engine.threads, connect(address)
        on_gpu = getattr(recipe.source, "device", "auto") != "cpu" and has.get("GPU", 0) > 0
        self._gpus = float(on_gpu) if gpus is None else gpus
        room = has.get("GPU", 0) / self._gpus if self._gpus else has.get("CPU", 1) / threads
        workers = max(1, min(int(room) if isinstance(asked, str) else asked, tasks))
        folder = dataset.folder
        path = str(folder.root.resolve()) if isinstance(folder, LocalFolder) else dataset.path
        start = (path, recipe.to_content(), list(classes), passes)
        actors = RayActors(workers, open_worker, start, threads, self._gpus, bar.say)
        super().__init__(dataset, passes, actors)

    def count_gpus(self, devices: Sequence[str]) -> int:
        """Count the GPUs of the cluster that models use."""
        used = any(device != "cpu" for device in devices)
        return ceil(self._gpus * self.workers) if used else 0
