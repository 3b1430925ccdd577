"""One run of a recipe over its dataset: the plan, what its passes lack, the selection and its
rounds."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from synthset.engine.catalog import make_source
from synthset.engine.choice import EngineChoice
from synthset.engine.classes import write_groups
from synthset.engine.conclude import select, weigh
from synthset.engine.engine import Engine
from synthset.engine.log import list_slices, list_versions, log_event
from synthset.engine.membership import change_since, find_agreeing_plan, keep_manifest, mark_source
from synthset.engine.plan import (
    add_rounds,
    add_rows,
    begin_round,
    count_rounds,
    name_plan,
    plan_next_round,
    write_classes,
)
from synthset.engine.prompts import gather_texts, make_writer
from synthset.engine.reference import Imported, list_imported
from synthset.engine.run_passes import Passes
from synthset.errors import DatasetLocked, list_names
from synthset.machine import ProgressBar, count_gpus_used, fix_torch_threads
from synthset.prompts.writer import PromptWriter
from synthset.recipe.recipe import Recipe
from synthset.source import Material
from synthset.store.dataset import Dataset, View
from synthset.store.lock import read_slices
from synthset.store.slices import Slice


class DatasetRun:
    """One run, for the holder of the dataset's lock."""

    def __init__(
        self,
        dataset: Dataset,
        recipe: Recipe,
        material: Material,
        choice: EngineChoice,
        bar: ProgressBar,
        imported: Imported,
        what: str = "source",
        part: Slice | None = None,
    ) -> None:
        self.dataset = dataset
        self.recipe = recipe
        self.material = material
        self.bar = bar
        self.imported = imported
        self.what = what
        self.part = part
        self.plan = find_agreeing_plan(dataset, recipe, material)
        self.passes = Passes(dataset, recipe, self.plan, part)
        self.choice = choice
        self.manifest: str | None = None

    def make(self) -> None:
        """Plan, images, features, scores, selection and its rounds."""
        dataset, recipe = self.dataset, self.recipe
        slices = list_slices(dataset)
        self._clear_scratch()
        self.lay_out()
        if slices:
            self._say_what_slices_left(len(slices))
        if self.choice.kind == "ray":  # before our workers hold what those of a reference need
            for name in list_imported(recipe):
                self.imported(name)
        with self._open_engine() as engine:
            while True:
                self.passes.run(engine, self.bar)
                view = self.view()
                worth = weigh(dataset, recipe, view, self.imported)
                view = replace(view, scores=view.scores | worth)
                select(dataset, recipe, view, self.imported)
                if not self.plan_another_round():
                    break
        if self.choice.kind == "ray":  # a worker whose machine is lost may live a little longer
            self._clear_scratch()

    def _clear_scratch(self) -> None:
        tables = [self.plan, *(spec.table for spec in self.passes.specs)]
        self.dataset.clear_scratch(tables)

    def make_slice(self) -> None:
        """Images, features and scores of a slice of what is laid out."""
        with self._open_engine() as engine:
            self.passes.run(engine, self.bar)

    def lay_out(self) -> None:
        """Write the plan and all else that is there once, whoever makes the shards."""
        dataset, recipe = self.dataset, self.recipe
        if self.part:
            self._refuse_other_slices()
        write_classes(dataset, self.material.classes, recipe.classes.kind != "source")
        write_groups(dataset, self.material.classes, recipe)
        dataset.write_text("recipe.yaml", recipe.to_yaml())
        self.writer = self.prompt_writer()
        added = add_rows(dataset, recipe, self.plan, self.material, writer=self.writer)
        add_rounds(dataset, recipe, self.plan, self.material, self.writer)
        self.manifest = keep_manifest(dataset, self.material)
        change = self.change(added)
        if change:
            self.bar.say(f"{self.what}: {change}")
        log_event(
            dataset,
            "run",
            versions=list_versions(),
            machine=os.uname().machine,
            truncated=self.cut_prompts(),
            candidates=self.material.candidates,
            notes=list(self.material.notes),
            source=mark_source(recipe),
            content=self._start(),
            slice=str(self.part) if self.part else None,
            engine=self.choice.kind,
            change=change,
            manifest=self.manifest,
            found=list(self.material.said),
        )
        if not (self.part and self._is_current() and dataset.view.manifest == self.manifest):
            dataset.write_view(self.view())
        self.prepare()

    def _open_engine(self) -> Engine:
        classes = self.material.classes
        return self.choice.open(self.dataset, self.recipe, classes, self.passes, self.bar)

    def _refuse_other_slices(self) -> None:
        """See that those who make other slices now work on the same tables.

        Raises:
            DatasetLocked: another recipe's slices are being made.
        """
        others = [part for part in read_slices(self.dataset.folder) if part != self.part]
        if others and self.dataset.folder.exists("current.json") and not self._is_current():
            raise DatasetLocked(
                f"{self.dataset.path}: slice {others[0]} of another recipe is being made; wait for "
                "it, start all slices with the same recipe and --set, or choose another folder "
                "with -o"
            )

    def _is_current(self) -> bool:
        """Whether the tables that `current.json` names are those of this recipe."""
        if not self.dataset.folder.exists("current.json"):
            return False
        now, ours = self.dataset.view, self.view()
        scores = {name: now.scores.get(name) for name in ours.scores}  # beside those of the set
        tables = now.plan, now.images, now.features, scores
        return tables == (ours.plan, ours.images, ours.features, ours.scores)

    def _say_what_slices_left(self, slices: int) -> None:
        """Say which shards slices didn't finish since the last run of the whole."""
        shards, left = self.passes.shards(), self.passes.list_unfinished()
        log_event(self.dataset, "joined", slices=slices, shards=len(shards), left=left)
        whose = "" if self.what == "source" else f"{self.what}: "
        if not left:
            self.bar.say(f"{whose}{slices} slices have made all {len(shards):,} shards")
            return
        named = list_names([str(shard) for shard in left])
        self.bar.say(
            f"{whose}{slices} slices left {len(left):,} of {len(shards):,} shards, which "
            f"this run finishes: {named}"
        )

    def change(self, added: int) -> str:
        """Say how the source differs from what it held in the run before; nothing where it doesn't,
        or where that run was of another source."""
        runs = [event for event in self.dataset.events() if event["event"] == "run"]
        if not runs or not self.dataset.folder.exists("current.json"):
            return ""
        before, last = self.dataset.view, runs[-1]
        if last.get("source", before.plan) not in (
            mark_source(self.recipe),
            name_plan(self.recipe, self.material),
        ):
            return ""
        if self.recipe.source.lists_images:
            now = self.plan, make_source(self.recipe), self.material
            same = before.plan == self.plan and not added
            return "" if same else str(change_since(self.dataset, before, *now))
        same = last.get("content", self._start()) == self._start()
        return "" if same else "other images to start from, or other captions"

    def _start(self) -> list[str]:
        return [self.material.content, self.material.captions]

    def prepare(self) -> None:
        """Do what the source needs once before its first image."""
        todo = make_source(self.recipe).preparation(self.dataset.folder, self.material)
        if todo is None:
            return
        self.bar.start(todo.title, todo.total)
        begun = time.monotonic()
        try:
            with fix_torch_threads(self.recipe.engine.threads):
                done = todo.run(self.bar.advance, self.bar.say)
        finally:
            self.bar.stop()
        device = str(getattr(self.recipe.source, "device", "cpu"))
        log_event(
            self.dataset,
            "stage",
            role=todo.title,
            tables=[self.dataset.view.plan],
            rows=0,
            updates=done,
            seconds=round(time.monotonic() - begun, 3),
            gpus=count_gpus_used([device], 1),
            failed=0,
        )

    def prompt_writer(self) -> PromptWriter | None:
        """What writes the prompts, with the texts that it takes them from; imports have none."""
        if not self.recipe.source.needs_prompts:
            return None
        classes = self.material.classes
        plan = name_plan(self.recipe, self.material)
        texts = gather_texts(self.recipe, classes, self.dataset, plan, self.bar)
        return make_writer(self.recipe, classes, texts)

    def cut_prompts(self) -> int | None:
        """Count the planned prompts that are longer than the text encoder reads."""
        counter = make_source(self.recipe).token_counter()
        if counter is None:
            return None
        prompts = Counter(self.dataset.read(self.plan, ["prompt"]).column("prompt").to_pylist())
        lengths = counter.count(list(prompts))
        pairs = zip(prompts.values(), lengths, strict=True)
        return sum(times for times, length in pairs if length > counter.limit)

    def view(self) -> View:
        """The tables of this recipe."""
        roles = {spec.role: spec.table for spec in self.passes.specs}
        features, scores = _part(roles, "features/"), _part(roles, "scores/")
        return View(self.plan, roles["images"], features, scores, manifest=self.manifest)

    def plan_another_round(self) -> bool:
        """Plan more images for the classes that fall short of the target."""
        settings = self.recipe.selection
        if settings.target_per_class is None or not settings.max_rounds:
            return False
        made = count_rounds(self.dataset, self.plan)
        if made >= settings.max_rounds:
            return False
        records = self.dataset.records(scores=False)
        labels = np.asarray(records.column("label"))
        kept = Counter(labels[np.asarray(records.column("keep"))].tolist())
        totals = plan_next_round(
            Counter(labels.tolist()), kept, settings.target_per_class, len(self.material.classes)
        )
        if not totals:
            return False
        begin_round(self.dataset, self.plan, made + 1, totals)
        added = add_rounds(self.dataset, self.recipe, self.plan, self.material, self.writer)
        log_event(self.dataset, "round", round=made + 1, rows=added, classes=len(totals))
        return added > 0


def _part(roles: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The tables whose role starts so, by the rest of it."""
    return {
        role.removeprefix(prefix): table for role, table in roles.items() if role.startswith(prefix)
    }
