"""What a run says at its end: the report's own numbers, and where to look on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from synthset.cli.terminal import say, screen, tell
from synthset.engine.failures import collect_failures, count_errors
from synthset.errors import StageError
from synthset.export.accepted import judge_limits
from synthset.metrics.images.source_cues import TOGETHER
from synthset.pages.kit.numbers import figure
from synthset.recipe.recipe import Recipe
from synthset.results.dataset.summary import summarise
from synthset.results.metric_result import MetricResult
from synthset.store.dataset import REPORT, Dataset
from synthset.store.remote import is_url
from synthset.store.slices import Slice

MOST = 20  # classes that are listed; of more, only all together
PARTS = ("all", "kept")
UNCHANGED = " (unchanged)"


def show_closing_table(dataset: Dataset, seconds: float) -> None:
    """Show what came out, and name the report to open."""
    console = screen()
    console.print(count_by_class(dataset, seconds))
    failed = collect_failures(dataset)
    if failed:
        console.print(count_failures(failed))
    for words in name_empty_classes(summarise(dataset)):
        say(words)
    if dataset.metrics():
        console.print(tabulate_metrics(dataset))
    for one in judge_limits(dataset):
        tell(one)
    same = _list_unchanged(dataset)
    for place in dataset.view.exports:
        tell(f"export: {place}{UNCHANGED * (place in same)}")
    report = f"{dataset.path}/{REPORT}"
    shown = report if is_url(report) else Path(report).resolve()
    tell(f"report: {shown}{UNCHANGED * (report in same)}")


def _list_unchanged(dataset: Dataset) -> list[str]:
    """List what the last run has left alone."""
    ends = [event for event in dataset.events() if event["event"] in ("run", "end")][-1:]
    names = (name for event in ends for name in event.get("unchanged", ()))
    return [name if Path(name).is_absolute() else f"{dataset.path}/{name}" for name in names]


def show_slice(dataset: Dataset, recipe: Recipe, part: Slice) -> None:
    """Show what a slice is, and what is left to a run without slices."""
    shards = dataset.shards(dataset.view.plan)
    mine = sum(map(part.takes, shards))
    tell(f"slice {part}: {mine:,} of {len(shards):,} shards are finished")
    failed = collect_failures(dataset)
    if failed:
        screen().print(count_failures(failed))
    rounds = recipe.selection.target_per_class is not None and recipe.selection.max_rounds
    more = ", plans and makes quota rounds" if rounds else ""
    say(f"when all slices are done, the same command without --shards selects{more} and exports")


def refuse_failures(metrics: Sequence[MetricResult]) -> None:
    """Name the metrics that failed, once all else is said.

    Raises:
        StageError: one did.
    """
    failed: dict[tuple[str, str], list[str]] = {}
    for one in metrics:
        if one.failed:
            failed.setdefault((one.name, one.failed), []).append(one.of)
    if failed:
        named = [f"{name} ({', '.join(of)}): {why}" for (name, why), of in failed.items()]
        raise StageError(
            "\n  ".join([f"failed metrics: {len(named)}; everything else is done", *named])
            + "\nrun.jsonl has the tracebacks; the same command measures them again"
        )


def count_by_class(dataset: Dataset, seconds: float) -> Table:
    """Count by class what was planned, made, and kept; and of a target what is short of it."""
    numbers = summarise(dataset)
    parts = ["planned", "made", "kept"]
    if numbers["target"]:  # without one, all that passed is kept
        parts = ["planned", "made", "passed", "kept", "short"]
    table = Table(title=f"{numbers['name']}, {seconds:.0f} s", title_justify="left")
    for heading in ("class", *parts):
        table.add_column(heading, justify="left" if heading == "class" else "right")
    classes = numbers["classes"]
    for row in classes if len(classes) <= MOST else []:
        table.add_row(row["name"], *(f"{row[part]:,}" for part in parts))
    table.add_section()
    whole = {part: sum(row[part] for row in classes) for part in parts}
    table.add_row(f"all {len(classes):,}", *(f"{whole[part]:,}" for part in parts))
    return table


def count_failures(failed: Mapping[str, Sequence[str]]) -> Table:
    """Count the records that failed, by stage, with the most frequent reasons."""
    table = Table()
    for heading in ("stage", "failed", "why"):
        table.add_column(heading, justify="right" if heading == "failed" else "left")
    for role, errors in failed.items():
        table.add_row(role, f"{len(errors):,}", count_errors(errors))
    return table


def name_empty_classes(numbers: Mapping[str, Any]) -> Iterator[str]:
    """Say which classes are without a single image, and why nothing is kept where nothing is."""
    classes = numbers["classes"]
    for part, what in (("made", "no image"), ("kept", "nothing is kept")):
        empty = [
            row["name"] for row in classes if not row[part] and row["made"] >= (part != "made")
        ]
        if empty:
            named = ", ".join(map(repr, empty[:MOST])) + (" …" if len(empty) > MOST else "")
            yield f"{what} of {len(empty):,} of {len(classes):,} classes: {named}"
    if not numbers["kept"]:
        why = [f"{row['n']:,} × {row['reason']} ({row['step']})" for row in numbers["dropped"][:3]]
        yield f"nothing is kept: {'; '.join(why)}; change the selection, or read the report"


def tabulate_metrics(dataset: Dataset) -> Table:
    """Lay out the metrics of the whole set and of the kept part, with their intervals."""
    rows: dict[tuple[str, str | None], dict[str, str]] = {}
    for result in dataset.metrics():
        whole = result.class_key is None and result.of in PARTS
        if whole and result.value is not None and not _is_cue(result):
            row = rows.setdefault((result.name, result.reference), {})
            row[result.of] = figure(result) + result.over
    names = [name for name, _ in rows]
    table = Table()
    for heading in ("metric", *PARTS):
        table.add_column(heading, justify="left" if heading == "metric" else "right")
    for (name, reference), row in rows.items():
        heading = f"{name} against {reference}" if names.count(name) > 1 else name
        table.add_row(heading, *(row.get(part, "–") for part in PARTS))
    return table


def _is_cue(result: MetricResult) -> bool:
    """Whether it is one of many cues, which only the report lists."""
    return result.cue is not None and result.cue.name != TOGETHER
