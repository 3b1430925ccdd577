"""What is computed from the whole set, unless it lies there already: the set's scores, the
selection, metrics, what other limits would leave, prompts, exports."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import Any

from synthset.encoders.feature_reader import FeatureReader
from synthset.encoders.models import is_standard_inception
from synthset.engine.finished import Finished, hash_file
from synthset.engine.log import log_event
from synthset.engine.measure import measure
from synthset.engine.reference import Imported, choose_comparison, mark_reference
from synthset.engine.selection_inputs import name_selection_inputs
from synthset.engine.set_scores import write_set_scores
from synthset.engine.wording import measure_wording, name_wording_file
from synthset.export.marker import mark_doubtful
from synthset.export.place import find_folder
from synthset.export.write import write_export
from synthset.pages.dataset.dataset_page import write_report
from synthset.recipe.exports import Export
from synthset.recipe.metrics import Metric
from synthset.recipe.recipe import Recipe, get_conflict_rule
from synthset.results.metric_result import SetResults
from synthset.results.stored import dump
from synthset.seeds import fingerprint
from synthset.selection.select import decide
from synthset.store.dataset import REPORT, Dataset, View

SELECTION_VERSION = "5"
WHAT_IF_VERSION = "1"
METRICS_VERSION = "7"


def weigh(dataset: Dataset, recipe: Recipe, view: View, imported: Imported) -> dict[str, str]:
    """Compute what the set says of each of its images, where the recipe asks for it."""
    worth: dict[str, str] = {}
    begun = time.monotonic()
    for found in write_set_scores(dataset, recipe, view, imported):
        worth[found.prefix] = found.table
        if found.computed:
            log_event(
                dataset,
                "stage",
                role=f"scores/{found.prefix}",
                tables=[found.table],
                rows=found.computed,
                seconds=round(time.monotonic() - begun, 3),
                gpus=0,
                failed=0,
            )
        begun = time.monotonic()
    return worth


def select(dataset: Dataset, recipe: Recipe, view: View, imported: Imported) -> None:
    """Decide what is kept, unless the same decision lies there already."""
    settings = recipe.selection
    records = dataset.read_records(view)
    tables = [view.plan, len(records), view.images, *view.scores.values()]
    reader = FeatureReader(dataset, view, records, recipe, imported)
    tables += name_selection_inputs(reader)
    rule = get_conflict_rule(recipe)
    tables += [] if rule == "drop" else [rule]
    name = fingerprint([SELECTION_VERSION, settings.identity(), tables])
    path = f"selections/{settings.name}-{name}.parquet"
    if not dataset.folder.exists(path):
        decision = decide(records, settings, reader, rule)
        if decision.outcomes:  # first, so that the selection is never without them
            dataset.write_json(f"selections/{settings.name}-{name}.json", decision.outcomes)
        dataset.write_table(path, decision.table)
    dataset.write_view(replace(view, selection=path))


def measure_set(dataset: Dataset, recipe: Recipe, imported: Imported) -> None:
    """Measure the set, unless the same lies there already, and without a failure."""
    view, metrics = dataset.view, recipe.metrics
    pairs = {(one.compares, one.seen_by or "") for one in metrics if one.compares is not None}
    compared = [[*pair, mark_reference(recipe, *pair, imported)] for pair in sorted(pairs)]
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
        for one in recipe.encoders.values()
    ):
        inputs.append("named by their weights")  # results that were called FID are not
    path = f"metrics/{fingerprint(inputs)}.json"
    if not dataset.folder.exists(path) or any(one.failed for one in dataset.read_metrics(path)):
        begun = time.monotonic()
        records = dataset.records()
        reader = FeatureReader(dataset, view, records, recipe, imported)
        found = measure(reader)
        pages = [one.pairs for one in found.results if one.pairs is not None]
        if pages:  # first, so that the results are never without them
            dataset.write_json(path.replace(".json", "-pairs.json"), pages)
        dataset.write_text(path, dump(SetResults(tuple(found.results))))
        seconds = round(time.monotonic() - begun, 3)
        rows = dataset.rows_in(view.plan)
        log_event(dataset, "stage", role="metrics", rows=rows, seconds=seconds, faults=found.faults)
    dataset.write_view(replace(view, metrics=path))


def find_what_if(dataset: Dataset, recipe: Recipe, imported: Imported) -> None:
    """Find out what other thresholds would leave, unless that lies there already."""
    view, settings = dataset.view, recipe.selection
    if not any(True for _ in settings.sides):
        return
    encoder, name = choose_comparison(recipe)
    inputs: list[Any] = [WHAT_IF_VERSION, view.selection, view.features.get(encoder or "")]
    if name is not None and encoder is not None:
        inputs.append(mark_reference(recipe, name, encoder, imported))
    path = f"selections/{settings.name}-{fingerprint(inputs)}-what-if.json"
    if not dataset.folder.exists(path):
        from synthset.engine.what_if import MOST, compute_what_if  # takes torch, seconds to load

        found = compute_what_if(dataset, recipe, imported, MOST)
        dataset.write_json(path, asdict(found))
    dataset.write_view(replace(view, what_if=path))


def read_prompts(dataset: Dataset, recipe: Recipe) -> None:
    """Measure how varied the prompts are, unless that lies there already."""
    path = name_wording_file(dataset, recipe)
    if not dataset.folder.exists(path):
        found = measure_wording(dataset, recipe)
        if found is None:
            return
        dataset.write_json(path, found)
    dataset.write_view(replace(dataset.view, prompts=path))


def report(dataset: Dataset, recipe: Recipe, finished: Finished) -> None:
    """Write the page, unless it stands."""
    finished.keep_or_make(
        REPORT,
        None,
        look=lambda: hash_file(dataset, REPORT),
        make=lambda: write_report(dataset, recipe),
    )


def export(dataset: Dataset, recipe: Recipe, settings: Export, finished: Finished) -> str:
    """Lay the kept part out, unless it lies there."""
    identity = settings.full_identity()
    if settings.path is None:
        name = fingerprint([dataset.view.selection, settings.identity()])
        place = f"exports/{recipe.selection.name}-{name}"
        settings = settings.model_copy(update={"path": place})
    folder = find_folder(dataset, settings)
    finished.keep_or_make(
        str(settings.path),
        identity,
        look=folder.look,
        make=lambda: write_export(dataset, settings),
        doubt=lambda: mark_doubtful(folder),
    )
    return str(folder)


def _identity(metric: Metric) -> dict[str, Any]:
    """All that decides a metric's results; what had no version before is what it was."""
    identity = metric.full_identity()
    if metric.version == "1":
        del identity["version"]
    return identity
