"""Runs a recipe: does what is missing, and nothing else."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from synthset.encoders.feature_reader import FeatureReader
from synthset.encoders.models import is_standard_inception
from synthset.engine.catalog import Spec, make_source, plan_passes
from synthset.engine.check import forecast_run
from synthset.engine.classes import write_groups
from synthset.engine.failures import Budget, collect_failures, count_errors, refuse_nothing_made
from synthset.engine.local import LocalEngine
from synthset.engine.measure import measure
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
from synthset.engine.reference import (
    find_reference,
    make_reference_recipe,
    mark_reference,
)
from synthset.engine.reuse import take_over
from synthset.engine.selection_inputs import name_selection_inputs
from synthset.engine.set_scores import write_set_scores
from synthset.engine.what_if import MOST, choose_comparison, compute_what_if
from synthset.engine.wording import measure_wording, name_wording_file
from synthset.errors import RecipeError, StageError, raise_storage_errors
from synthset.export.accepted import refuse_unaccepted
from synthset.export.write import write_export
from synthset.machine import ProgressBar, count_gpus_used, count_workers, fix_torch_threads
from synthset.notebook_bar import default_bar
from synthset.pages.dataset.dataset_page import write_report
from synthset.prompts.writer import PromptWriter
from synthset.recipe.exports import Export
from synthset.recipe.metrics import Metric
from synthset.recipe.recipe import Recipe, get_conflict_rule, load_recipe
from synthset.results.metric_result import SetResults
from synthset.results.stored import dump
from synthset.seeds import fingerprint
from synthset.selection.select import decide
from synthset.selection.what_if import list_sides
from synthset.source import Material
from synthset.store.dataset import Dataset, View
from synthset.store.lock import hold_lock
from synthset.user_code import refuse_code

SELECTION_VERSION = "5"
WHAT_IF_VERSION = "1"
METRICS_VERSION = "7"
TITLES = {"images": "images", "features": "encoding", "scores": "scoring"}
LIBRARIES = (
    "synthset",
    "torch",
    "diffusers",
    "transformers",
    "timm",
    "open_clip_torch",
    "pyarrow",
    "numpy",
    "pillow",
)


@raise_storage_errors()
def run(
    recipe: Recipe | str | Path | Mapping[str, Any],
    output: str | os.PathLike[str] | None = None,
    *,
    overrides: Sequence[str] = (),
    workers: int | None = None,
    bar: ProgressBar | None = None,
    require_accepted: bool = False,
    allow_code: bool = False,
) -> Dataset:
    """Make a dataset from a recipe, or bring one up to date with it.

    Finished work is never repeated: a killed run continues where it stopped, a changed limit
    repeats only the selection, and more images per class add shards. Nothing is deleted.

    Args:
        recipe: a recipe, its file, a shipped recipe's name, or its content.
        output: folder or URL of the dataset; none means `./<name of the recipe>`.
        overrides: changes to the recipe, such as `source.guidance_scale=3`.
        workers: worker processes; none means the recipe's.
        bar: shows the progress of each pass; none shows a bar in notebooks and is quiet elsewhere.
        require_accepted: export nothing if the kept images don't meet the recipe's `accept`.
        allow_code: run the recipe's own code, its scores and encoders of kind `python`;
            `SYNTHSET_ALLOW_CODE=1` in the environment does the same.

    Returns:
        The dataset, with selection, metrics, exports and report.

    Raises:
        RecipeError: the recipe asks for something impossible; nothing has been written.
        UsageError: it runs code of its own, which isn't allowed.
        DatasetLocked: another process is working on the dataset.
        StageError: a stage failed on some shards; all others are finished.
        StorageError: a disk is full or can't be written to; finished work is kept.
        NotAccepted: it is required, but `accept` isn't met; everything except the exports is
            written.

    >>> dataset = synthset.run("demo", "my-demo")  # doctest: +SKIP
    >>> dataset.kept().num_rows  # doctest: +SKIP
    """
    recipe = load_recipe(recipe, overrides)
    refuse_code(recipe.code, allow_code)
    target = os.fspath(output) if output is not None else recipe.name
    begun = time.monotonic()
    ahead = forecast_run(recipe, target)  # images of pools are picked here
    picking_s = round(time.monotonic() - begun, 3)
    if ahead.problems or ahead.material is None:
        raise RecipeError.of(ahead.problems)
    dataset = Dataset.create(target, recipe.name, recipe.engine.rows_per_shard)
    with hold_lock(dataset.folder):
        if ahead.material.candidates is not None:
            dataset.log({"event": "picking", "at": _now(), "seconds": picking_s})
        bar = bar or default_bar()
        for warning in ahead.warnings:
            bar.say(f"warning: {warning}")
            dataset.log({"event": "warning", "at": _now(), "text": warning})
        _Run(dataset, recipe, ahead.material, workers, bar).all(require_accepted)
    return dataset


class _Run:
    """One run, holding the dataset's lock."""

    def __init__(
        self,
        dataset: Dataset,
        recipe: Recipe,
        material: Material,
        workers: int | None,
        bar: ProgressBar,
        what: str = "source",
    ) -> None:
        self.dataset = dataset
        self.recipe = recipe
        self.material = material
        self.bar = bar
        self.what = what
        self.plan = find_agreeing_plan(dataset, recipe, material)
        self.passes = plan_passes(recipe, self.plan)
        self.asked: int | str = workers if workers is not None else recipe.engine.workers
        self.imported: dict[str, Dataset] = {}
        self.worth: dict[str, str] = {}  # tables of the set's scores, as far as they are known
        self.manifest: str | None = None

    def all(self, require_accepted: bool = False) -> None:
        """From the plan to the report."""
        self.base()
        self.measure()
        self.find_what_if()
        self.read_prompts()
        write_report(self.dataset, self.recipe)
        if require_accepted:
            refuse_unaccepted(self.dataset)
        exports = tuple(self.export(settings) for settings in self.recipe.exports)
        self.dataset.write_view(replace(self.dataset.view, exports=exports))

    def base(self) -> None:
        """Plan, images, features, scores, selection and its rounds."""
        dataset, recipe = self.dataset, self.recipe
        dataset.clear_scratch([self.plan, *(spec.table for specs in self.passes for spec in specs)])
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
        dataset.log(
            {
                "event": "run",
                "at": _now(),
                "versions": _versions(),
                "machine": os.uname().machine,
                "truncated": self.cut_prompts(),
                "candidates": self.material.candidates,
                "notes": list(self.material.notes),
                "source": mark_source(recipe),
                "content": self._start(),
                "change": change,
                "manifest": self.manifest,
                "found": list(self.material.said),
            }
        )
        dataset.write_view(self.view())
        self.prepare()
        workers = count_workers(
            self.asked, self._most_todo(), str(getattr(recipe.source, "device", "auto"))
        )
        with LocalEngine(dataset, recipe, self.material.classes, self.plan, workers) as engine:
            while True:
                for number, specs in enumerate(self.passes):
                    self.run_pass(engine, number, specs)
                    if specs[0].role == "images":
                        refuse_nothing_made(dataset, specs[0].table)
                self.weigh()
                self.select()
                if not self.plan_another_round():
                    break

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
        self.dataset.log(
            {
                "event": "stage",
                "at": _now(),
                "role": todo.title,
                "tables": [self.dataset.view.plan],
                "rows": 0,
                "updates": done,
                "seconds": round(time.monotonic() - begun, 3),
                "gpus": count_gpus_used([device], 1),
                "failed": 0,
            }
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
        specs = [spec for specs in self.passes for spec in specs]
        roles = {spec.role: spec.table for spec in specs}
        scores = _part(roles, "scores/") | self.worth
        features = _part(roles, "features/")
        return View(self.plan, roles["images"], features, scores, manifest=self.manifest)

    def _todo(self, specs: Sequence[Spec]) -> list[int]:
        done = set.intersection(*(set(self.dataset.shards(spec.table)) for spec in specs))
        return [shard for shard in self.dataset.shards(self.plan) if shard not in done]

    def _most_todo(self) -> int:
        return max(len(self._todo(specs)) for specs in self.passes)

    def run_pass(self, engine: LocalEngine, number: int, specs: Sequence[Spec]) -> None:
        """Do what one pass still lacks; shards that fail are named at the end.

        Raises:
            StageError: a shard failed, or too many records in a row did.
        """
        if not self._todo(specs):
            return
        self.reuse(specs)
        todo = self._todo(specs)
        if not todo:
            return
        rows = self.dataset.rows_in(self.plan, todo)
        budget = Budget.of(self.recipe.engine, self.dataset, self.plan)
        self.bar.start(TITLES[specs[0].role.partition("/")[0]], rows)
        begun, failed_rows, faults = time.monotonic(), 0, {}
        try:
            for outcome in engine.run(number, todo, self.bar, budget.note):
                failed_rows += outcome.failed_rows
                if outcome.error:
                    faults[outcome.shard] = outcome.error
        finally:
            self.bar.stop()
            self.dataset.log(
                {
                    "event": "stage",
                    "at": _now(),
                    "role": "+".join(spec.role for spec in specs),
                    "tables": [spec.table for spec in specs],
                    "shards": len(todo) - len(faults),
                    "rows": rows,
                    "seconds": round(time.monotonic() - begun, 3),
                    "failed": failed_rows,
                    "workers": engine.workers,
                    "gpus": count_gpus_used(self._devices(specs), engine.workers),
                    "faults": faults,
                }
            )
        if faults:
            first = min(faults)
            raise StageError(
                f"{specs[0].role}: {len(faults)} of {len(todo)} shards failed, first shard "
                f"{first}: {faults[first]}. Everything else is kept; fix the cause and run the "
                "same command again"
            )

    def reuse(self, specs: Sequence[Spec]) -> None:
        """Take over what other plans have finished."""
        taken = take_over(self.dataset, self.recipe, self.plan, specs)
        for spec, rows in taken.items():
            self.dataset.log(
                {
                    "event": "reuse",
                    "at": _now(),
                    "role": spec.role,
                    "table": spec.table,
                    "rows": rows,
                }
            )

    def _devices(self, specs: Sequence[Spec]) -> list[str]:
        """Where the models of a pass run; what has no such setting runs on the CPU."""
        found = []
        for part, _, name in (spec.role.partition("/") for spec in specs):
            owner = self.recipe.encoders[name] if part == "features" else self.recipe.source
            found.append(str(getattr(owner, "device", "cpu")) if part != "scores" else "cpu")
        return found

    def weigh(self) -> None:
        """Compute what the set says of each of its images, where the recipe asks for it."""
        self.worth = {}
        begun = time.monotonic()
        for found in write_set_scores(
            self.dataset, self.recipe, self.view(), self.reference_images
        ):
            self.worth[found.prefix] = found.table
            if found.computed:
                self.dataset.log(
                    {
                        "event": "stage",
                        "at": _now(),
                        "role": f"scores/{found.prefix}",
                        "tables": [found.table],
                        "rows": found.computed,
                        "seconds": round(time.monotonic() - begun, 3),
                        "gpus": 0,
                        "failed": 0,
                    }
                )
            begun = time.monotonic()

    def select(self) -> None:
        """Decide what is kept, unless the same decision lies there already."""
        view = self.view()
        settings = self.recipe.selection
        records = self.dataset.read_records(view)
        tables = [view.plan, len(records), view.images, *view.scores.values()]
        reader = FeatureReader(self.dataset, view, records, self.recipe, self.reference_images)
        tables += name_selection_inputs(reader)
        rule = get_conflict_rule(self.recipe)
        tables += [] if rule == "drop" else [rule]
        name = fingerprint([SELECTION_VERSION, settings.identity(), tables])
        path = f"selections/{settings.name}-{name}.parquet"
        if not self.dataset.folder.exists(path):
            decision = decide(records, settings, reader, rule)
            if decision.outcomes:  # first, so that the selection is never without them
                self.dataset.write_json(
                    f"selections/{settings.name}-{name}.json", decision.outcomes
                )
            self.dataset.write_table(path, decision.table)
        self.dataset.write_view(replace(view, selection=path))

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
        self.dataset.log(
            {
                "event": "round",
                "at": _now(),
                "round": made + 1,
                "rows": added,
                "classes": len(totals),
            }
        )
        return added > 0

    def reference_images(self, name: str) -> Dataset:
        """A reference set of images, imported and encoded once a run."""
        if name not in self.imported:
            self.imported[name] = self.import_reference(name)
        return self.imported[name]

    def import_reference(self, name: str) -> Dataset:
        """Import and encode a reference set, in a dataset of its own beside this one's tables."""
        recipe = make_reference_recipe(self.recipe, name)
        place = find_reference(self.dataset, self.recipe, name)
        ahead = forecast_run(recipe, place)
        if ahead.problems or ahead.material is None:
            raise RecipeError.of(
                [
                    replace(problem, where=problem.where.replace("source", f"references.{name}", 1))
                    for problem in ahead.problems
                ]
            )
        dataset = Dataset.create(place, name, recipe.engine.rows_per_shard)
        workers = self.asked if isinstance(self.asked, int) else None
        with hold_lock(dataset.folder):
            what = f"reference {name}"
            _Run(dataset, recipe, ahead.material, workers, self.bar, what).base()
        for role, errors in collect_failures(dataset).items():
            self.bar.say(f"{what}: {role}: {len(errors):,} failed: {count_errors(errors)}")
        return dataset

    def measure(self) -> None:
        """Measure the set, unless the same lies there already, and without a failure."""
        view, metrics = self.dataset.view, self.recipe.metrics
        pairs = {(one.compares, one.seen_by or "") for one in metrics if one.compares is not None}
        compared = [
            [*pair, mark_reference(self.recipe, *pair, self.reference_images)]
            for pair in sorted(pairs)
        ]
        inputs: list[object] = [
            METRICS_VERSION,
            [_identity(metric) for metric in metrics],
            compared,
            view.selection,
            view.features,
            view.scores,
        ]
        if any(
            one.kind == "inception" and not is_standard_inception(one)
            for one in self.recipe.encoders.values()
        ):
            inputs.append("named by their weights")  # results that were called FID are not
        path = f"metrics/{fingerprint(inputs)}.json"
        if not self.dataset.folder.exists(path) or any(
            one.failed for one in self.dataset.read_metrics(path)
        ):
            begun = time.monotonic()
            records = self.dataset.records()
            reader = FeatureReader(self.dataset, view, records, self.recipe, self.reference_images)
            found = measure(reader)
            pages = [one.pairs for one in found.results if one.pairs is not None]
            if pages:  # first, so that the results are never without them
                self.dataset.write_json(path.replace(".json", "-pairs.json"), pages)
            self.dataset.write_text(path, dump(SetResults(tuple(found.results))))
            seconds = round(time.monotonic() - begun, 3)
            rows = self.dataset.rows_in(self.plan)
            self.dataset.log(
                {
                    "event": "stage",
                    "at": _now(),
                    "role": "metrics",
                    "rows": rows,
                    "seconds": seconds,
                    "faults": found.faults,
                }
            )
        self.dataset.write_view(replace(view, metrics=path))

    def find_what_if(self) -> None:
        """Find out what other thresholds would leave, unless that lies there already."""
        view, settings = self.dataset.view, self.recipe.selection
        if not any(True for _ in list_sides(settings)):
            return
        encoder, name = choose_comparison(self.recipe)
        inputs: list[Any] = [WHAT_IF_VERSION, view.selection, view.features.get(encoder or "")]
        if name is not None and encoder is not None:
            inputs.append(mark_reference(self.recipe, name, encoder, self.reference_images))
        path = f"selections/{settings.name}-{fingerprint(inputs)}-what-if.json"
        if not self.dataset.folder.exists(path):
            found = compute_what_if(self.dataset, self.recipe, self.reference_images, MOST)
            self.dataset.write_json(path, asdict(found))
        self.dataset.write_view(replace(view, what_if=path))

    def read_prompts(self) -> None:
        """Measure how varied the prompts are, unless that lies there already."""
        path = name_wording_file(self.dataset, self.recipe)
        if not self.dataset.folder.exists(path):
            found = measure_wording(self.dataset, self.recipe)
            if found is None:
                return
            self.dataset.write_json(path, found)
        self.dataset.write_view(replace(self.dataset.view, prompts=path))

    def export(self, settings: Export) -> str:
        """Lay the kept part out."""
        selection = self.dataset.view.selection
        if settings.path is None:
            name = fingerprint([selection, settings.identity()])
            place = f"exports/{self.recipe.selection.name}-{name}"
            settings = settings.model_copy(update={"path": place})
        return str(write_export(self.dataset, settings).path)


def _part(roles: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The tables whose role starts so, by the rest of it."""
    return {
        role.removeprefix(prefix): table for role, table in roles.items() if role.startswith(prefix)
    }


def _identity(metric: Metric) -> dict[str, Any]:
    """All that decides a metric's results; what had no version before is what it was."""
    identity = metric.full_identity()
    if metric.version == "1":
        del identity["version"]
    return identity


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
