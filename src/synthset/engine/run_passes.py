"""The passes of a run: which shards each still lacks, and doing them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import ceil

from synthset.engine.catalog import Spec, plan_passes
from synthset.engine.engine import Engine
from synthset.engine.failures import Budget, refuse_nothing_made
from synthset.engine.log import log_event
from synthset.engine.reuse import take_over
from synthset.errors import StageError
from synthset.machine import ProgressBar
from synthset.recipe.recipe import Recipe
from synthset.store.dataset import Dataset
from synthset.store.slices import Slice

TITLES = {"images": "images", "features": "encoding", "scores": "scoring"}


class Passes:
    """The passes of a recipe over one plan of a dataset, or over a slice of it."""

    def __init__(
        self, dataset: Dataset, recipe: Recipe, plan: str, part: Slice | None = None
    ) -> None:
        self._dataset = dataset
        self._recipe = recipe
        self._plan = plan
        self._part = part
        self._rows: dict[int, int] = {}  # of the plan's shards, as far as they are asked for
        self.order = plan_passes(recipe, plan)
        self.specs = [spec for specs in self.order for spec in specs]

    def shards(self) -> list[int]:
        """List the shards of the plan, of a slice its own."""
        shards = self._dataset.shards(self._plan)
        return [shard for shard in shards if self._part is None or self._part.takes(shard)]

    def list_unfinished(self) -> list[int]:
        """List the shards that a pass still lacks."""
        return sorted({shard for specs in self.order for shard in self._todo(specs)})

    def count_todo(self) -> int:
        """Count the chunks of the shards that the pass with the most of them still lacks."""
        return max(
            sum(ceil(self._rows_in(shard) / max(spec.chunk for spec in specs)) for shard in todo)
            for specs, todo in ((specs, self._todo(specs)) for specs in self.order)
        )

    def _rows_in(self, shard: int) -> int:
        if shard not in self._rows:
            self._rows[shard] = self._dataset.rows_in(self._plan, [shard])
        return self._rows[shard]

    def _todo(self, specs: Sequence[Spec]) -> list[int]:
        done = set.intersection(*(set(self._dataset.shards(spec.table)) for spec in specs))
        return [shard for shard in self.shards() if shard not in done]

    def run(self, engine: Engine, bar: ProgressBar) -> None:
        """Do what the passes still lack, one after the other."""
        for number, specs in enumerate(self.order):
            self._run_pass(engine, number, specs, bar)
            if specs[0].role == "images":
                refuse_nothing_made(self._dataset, specs[0].table, self.shards())

    def _run_pass(
        self, engine: Engine, number: int, specs: Sequence[Spec], bar: ProgressBar
    ) -> None:
        """Do what one pass still lacks; shards that fail are named at the end.

        Raises:
            StageError: a shard failed, or too many records in a row did.
        """
        if not self._todo(specs):
            return
        self._reuse(specs)
        todo = self._todo(specs)
        if not todo:
            return
        shards = {shard: self._rows_in(shard) for shard in todo}
        rows = sum(shards.values())
        planned = {shard: self._rows_in(shard) for shard in self.shards()}
        budget = Budget.of(self._recipe.engine, planned)
        bar.start(TITLES[specs[0].role.partition("/")[0]], rows)
        begun, failed_rows, faults = time.monotonic(), 0, {}
        try:
            for outcome in engine.run(number, shards, bar, budget.note):
                failed_rows += outcome.failed_rows
                if outcome.error:
                    faults[outcome.shard] = outcome.error
        finally:
            bar.stop()
            log_event(
                self._dataset,
                "stage",
                role="+".join(spec.role for spec in specs),
                tables=[spec.table for spec in specs],
                shards=len(todo) - len(faults),
                rows=rows,
                seconds=round(time.monotonic() - begun, 3),
                failed=failed_rows,
                workers=engine.workers,
                gpus=engine.count_gpus(self._devices(specs)),
                faults=faults,
            )
        if faults:
            first = min(faults)
            raise StageError(
                f"{specs[0].role}: {len(faults)} of {len(todo)} shards failed, first shard "
                f"{first}: {faults[first]}. Everything else is kept; fix the cause and run the "
                "same command again"
            )

    def _reuse(self, specs: Sequence[Spec]) -> None:
        """Take over what other plans have finished."""
        taken = take_over(self._dataset, self._recipe, self._plan, specs, self.shards())
        for spec, rows in taken.items():
            log_event(self._dataset, "reuse", role=spec.role, table=spec.table, rows=rows)

    def _devices(self, specs: Sequence[Spec]) -> list[str]:
        """Where the models of a pass run; what has no such setting runs on the CPU."""
        found = []
        for part, _, name in (spec.role.partition("/") for spec in specs):
            owner = self._recipe.encoders[name] if part == "features" else self._recipe.source
            found.append(str(getattr(owner, "device", "cpu")) if part != "scores" else "cpu")
        return found
