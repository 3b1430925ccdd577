"""Metrics of sets: of all images, of the kept part, and of the rejected part."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthset.encoders.models import described, is_standard_inception
from synthset.engine.classwise import floor_of, frechet_by_class
from synthset.engine.columns import clip_scores, recognition
from synthset.engine.compare import Result, Seen, compare, vendi
from synthset.engine.copies import Page, copies, told
from synthset.engine.cues import source_cues
from synthset.engine.inception import inception
from synthset.engine.reference import Measured
from synthset.metrics.sets.fid import frechet_distance
from synthset.metrics.sets.gaussian import GaussianAccumulator, gaussian
from synthset.metrics.sets.sample_size import shortfalls
from synthset.metrics.statistics.intervals import Interval, bootstrap
from synthset.recipe.recipe import Recipe
from synthset.recipe.scores import (
    Cmmd,
    Comparison,
    Copies,
    FdInfluence,
    FrechetDistance,
    InceptionScore,
    Kid,
    Metric,
    Neighbours,
    Prdc,
    RecognitionRate,
    SourceCues,
    Vendi,
)
from synthset.stage import list_column
from synthset.store.dataset import Dataset

RESAMPLED = 50_000  # above this many images an interval by resampling is narrow and slow
Mask = NDArray[np.bool_]


def measure(
    dataset: Dataset,
    recipe: Recipe,
    references: dict[tuple[str, str], Measured],
    images: Callable[[str], Dataset],
) -> tuple[list[Result], list[Page], dict[str, str]]:
    """Measure what the recipe asks for, and the mean of each CLIP score.

    A metric that fails has results that say so, and the others are measured all the same.

    Args:
        dataset: with finished features, scores and selection.
        recipe: whose metrics are wanted.
        references: by (reference, encoder).
        images: gives a reference set of images, imported.

    Returns:
        All results; of each metric `copies` the closest pairs; and the traceback of each that
        failed, by kind and part.
    """
    records = dataset.records()
    parts = _parts(records)
    pairs: list[Page] = []
    faults: dict[str, str] = {}

    def tried(named: Result, do: Callable[[], list[Result]]) -> list[Result]:
        try:
            return do()
        except Exception as fault:  # whatever broke it, the rest of the run is worth having
            faults[f"{named.name}, {named.of}"] = "".join(traceback.format_exception(fault))
            said = f"{type(fault).__name__}: {fault}" if str(fault) else type(fault).__name__
            return [replace(named, warning=f"failed: {said}", failed=said)]

    def copied(metric: Copies) -> list[Result]:
        by = described(recipe.encoders[metric.encoder])
        measured = references[metric.reference, metric.encoder]
        found = told(copies(metric, by, dataset, parts, measured), metric, recipe)
        pairs.append(found.page)
        return found.results

    def cued(metric: SourceCues) -> list[Result]:
        return source_cues(metric, dataset, records, parts, images(metric.reference))

    results: list[Result] = []
    for metric in recipe.metrics:
        whole = _unmeasured(metric, recipe, "all")
        if isinstance(metric, Copies):
            results += tried(whole, partial(copied, metric))
        elif isinstance(metric, SourceCues):
            results += tried(whole, partial(cued, metric))
        else:
            for part, mask in parts.items():
                ask = partial(_of_part, dataset, recipe, references, records, metric, part, mask)
                found = tried(replace(whole, of=part), ask)
                if part != "all" and isinstance(metric, Comparison) and _chose(recipe, metric):
                    found = [_told(result) for result in found]
                results += found
    for score in recipe.scores:
        if score.kind == "clip_score":
            by = described(recipe.encoders[score.seen_by or ""])
            for part, mask in parts.items():
                results += clip_scores(records, score.columns[0], by, part, mask)
    return results, pairs, faults


def _unmeasured(metric: Metric, recipe: Recipe, part: str) -> Result:
    """What stands for a metric that failed: its kind, encoder and reference."""
    encoder, reference = getattr(metric, "encoder", None), getattr(metric, "reference", None)
    by = described(recipe.encoders[encoder]) if encoder else ""
    return Result(metric.kind, part, None, 0, by, "neither", reference=reference)


def _of_part(
    dataset: Dataset,
    recipe: Recipe,
    references: dict[tuple[str, str], Measured],
    records: pa.Table,
    metric: Metric,
    part: str,
    mask: Mask,
) -> list[Result]:
    """Measure one part of the set by one metric."""
    match metric:
        case FrechetDistance():
            measured = references[metric.reference, metric.encoder]
            results = _frechet(dataset, recipe, metric, measured, part, mask)
            if metric.per_class:
                seen = _seen(dataset, recipe, metric.encoder, records, part, mask)
                results += frechet_by_class(metric, seen, measured)
            return results
        case InceptionScore():
            seen = _seen(dataset, recipe, metric.encoder, records, part, mask, "logits")
            return inception(metric, seen)
        case RecognitionRate():
            classes = len(dataset.classes())
            return _recognition(recipe, metric, records, part, mask, classes)
        case Vendi():
            return vendi(metric, _seen(dataset, recipe, metric.encoder, records, part, mask))
        case Kid() | Cmmd() | Prdc():
            measured = references[metric.reference, metric.encoder]
            seen = _seen(dataset, recipe, metric.encoder, records, part, mask)
            return compare(metric, seen, measured)
    raise AssertionError(metric.kind)


def _chose(recipe: Recipe, metric: Comparison) -> bool:
    """Whether the selection has looked at a metric's reference, itself or through a score."""
    columns = {
        column
        for score in recipe.scores
        if isinstance(score, FdInfluence | Neighbours) and score.reference == metric.reference
        for column in score.columns
    }
    return bool(columns & set(recipe.selection.columns)) or any(
        step.chooses and metric.reference in step.compares for step in recipe.selection.steps
    )


def _told(result: Result) -> Result:
    note = "the selection chose by this reference: see its held-out distance"
    return _with(result, warning="; ".join(filter(None, [result.warning, note])))


def _seen(
    dataset: Dataset,
    recipe: Recipe,
    encoder: str,
    records: pa.Table,
    part: str,
    mask: Mask,
    column: str = "features",
) -> Seen:
    """One part of the set as one encoder sees it: its features, or its logits."""
    rows = list_column(dataset.read(dataset.view.features[encoder], [column]), column)
    mask = mask & ~np.isnan(rows[:, 0])
    names = records["class_name"].to_pylist()
    keys = dict(zip(names, records["class_key"].to_pylist(), strict=True))
    settings = recipe.encoders[encoder]
    mine = [name for name, there in zip(names, mask, strict=True) if there]
    earned = settings.kind != "inception" or is_standard_inception(settings)
    kind = settings.kind if earned else "inception of other weights"
    return Seen(part, rows[mask], mine, keys, described(settings), kind)


def _parts(records: pa.Table) -> dict[str, Mask]:
    """Which records belong to all (those with pixels), to the kept and to the rejected part."""
    there = np.array([error is None for error in records.column("error").to_pylist()], dtype=bool)
    keep = np.asarray(records.column("keep"), dtype=bool)
    return {"all": there, "kept": keep, "rejected": there & ~keep}


def _blocks(
    dataset: Dataset, encoder: str, column: str, mask: Mask
) -> Iterator[NDArray[np.float32]]:
    """A feature column, shard by shard, of the records in the mask."""
    table, first = dataset.view.features[encoder], 0
    for shard in dataset.shards(table):
        rows = list_column(dataset.read_cell(table, shard, [column]), column)
        here = mask[first : first + len(rows)] & ~np.isnan(rows[:, 0])
        first += len(rows)
        if here.any():
            yield rows[here]


def _frechet(
    dataset: Dataset,
    recipe: Recipe,
    metric: FrechetDistance,
    reference: Measured,
    part: str,
    mask: Mask,
) -> list[Result]:
    encoder = recipe.encoders[metric.encoder]
    fid = is_standard_inception(encoder)
    by = described(encoder)
    accumulator = GaussianAccumulator()
    for block in _blocks(dataset, metric.encoder, "features", mask):
        accumulator.add(block)
    name = "FID" if fid else f"FD ({by})"
    empty = Result(name, part, None, accumulator.n, by, "lower", reference=reference.what)
    if accumulator.n < 2:
        return [_with(empty, warning="fewer than two images")]
    found = accumulator.gaussian()
    width = len(found.mean)
    value = frechet_distance(reference.gaussian, found)
    interval = None
    if found.n <= RESAMPLED:
        features = np.concatenate(list(_blocks(dataset, metric.encoder, "features", mask)))
        draws = 40 if width <= 512 else 10
        distance: Callable[..., float] = lambda rows: frechet_distance(  # noqa: E731
            reference.gaussian, gaussian(rows)
        )
        interval = _ends(bootstrap(distance, features, draws=draws))
    floor = None
    if reference.images is not None and reference.gaussian.n <= RESAMPLED:
        floor = floor_of(reference.features()[0], found.n)
    short = "; ".join(shortfalls("fid", reference.gaussian.n, found.n, width)) or None
    return [_with(empty, value=value, interval=interval, warning=short, floor=floor)]


def _recognition(
    recipe: Recipe,
    metric: RecognitionRate,
    records: pa.Table,
    part: str,
    mask: Mask,
    classes: int,
) -> list[Result]:
    score = next(s for s in recipe.scores if s.prefix == metric.score)
    by = described(recipe.encoders[score.seen_by or ""])
    if part == "all":  # a failed or blanked image counts as not recognised
        mask = np.ones(len(mask), dtype=bool)
    return recognition(records, score.prefix, by, part, mask, classes)


def _with(result: Result, **changes: Any) -> Result:
    return replace(result, **changes)


def _ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high
