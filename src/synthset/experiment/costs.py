"""What each training set cost, from the first candidate to the last update. What nobody measured is
None, never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from synthset.errors import DatasetError, RecipeError
from synthset.experiment.sets import Sets
from synthset.experiment.splits import Split
from synthset.experiment.trials import Job
from synthset.kinds import list_kinds
from synthset.recipe.arms import Arm
from synthset.recipe.experiment import Made
from synthset.recipe.labelled_images import Kept
from synthset.results.benchmark import Cost
from synthset.store.dataset import Dataset

HOUR_S = 3600
UNCOUNTED = "the candidates of {name} were not counted"
BEFORE = "{name} existed before, so its costs are unknown"
UNTIMED = "the runs of {name} don't say whether they had a GPU"


@dataclass(frozen=True)
class Price:
    """What one set cost.

    Attributes:
        attempted: candidates that were looked at, downloaded or generated.
        obtained: images that came of them.
        seconds: wall time.
        gpu_hours: of that, times the number of GPUs.
        notes: why something isn't known.
    """

    attempted: int | None
    obtained: int | None
    seconds: float | None
    gpu_hours: float | None
    notes: tuple[str, ...] = ()


def count_costs(sets: Sets, jobs: Sequence[Job], sizes: Mapping[str, float]) -> tuple[Cost, ...]:
    """Add up what every arm cost, from what the runs of its sets have written down.

    Real images count as they are: obtained, without candidates beside them and without cost. A set
    counts whole, however many of its images an arm takes.

    Args:
        sets: of the experiment, read already.
        jobs: finished trials.
        sizes: arm -> bytes of its training images, mean over seeds.
    """
    known: dict[tuple[str, str], Price] = {}
    return tuple(
        _cost(sets, arm, [job for job in jobs if job.arm.name == arm.name], sizes[arm.name], known)
        for arm in sets.experiment.arms
    )


def _cost(
    sets: Sets, arm: Arm, jobs: Sequence[Job], size: float, known: dict[tuple[str, str], Price]
) -> Cost:
    trials = [job.read() for job in jobs]
    bills = []
    for job, trial in zip(jobs, trials, strict=True):
        drawn = sets.draw_split(job.seed)
        prices = [_price(sets, name, drawn, known) for name in arm.sets]
        real = [one["real"].sum() for one in (trial.counts, trial.pretrain_counts) if "real" in one]
        count = int(sum(real))
        bills.append([Price(count, count, 0.0, 0.0), *prices])
    kept = [
        sum(int(n.sum()) for n in (*t.counts.values(), *t.pretrain_counts.values())) for t in trials
    ]
    notes = (note for bill in bills for price in bill for note in price.notes)
    attempted, obtained = (_mean(bills, field) for field in ("attempted", "obtained"))
    return Cost(
        arm=arm.name,
        attempted=None if attempted is None else round(attempted),
        obtained=None if obtained is None else round(obtained),
        kept=float(np.mean(kept)),
        bytes=size,
        seconds=_mean(bills, "seconds"),
        gpu_hours=_mean(bills, "gpu_hours"),
        training_seconds=float(np.mean([trial.cost_s for trial in trials])),
        notes=tuple(dict.fromkeys(notes)),
    )


def _mean(bills: Sequence[Sequence[Price]], field: str) -> float | None:
    """Mean over seeds of the sum over sets; None as soon as one isn't known."""
    sums = []
    for bill in bills:
        values = [getattr(price, field) for price in bill]
        if any(value is None for value in values):
            return None
        sums.append(sum(values))
    return float(np.mean(sums))


def _price(sets: Sets, name: str, drawn: Split, known: dict[tuple[str, str], Price]) -> Price:
    settings = sets.experiment.sets[name]
    place = ""
    if isinstance(settings, Made):
        place = str(sets.name_folder(name, drawn))
    elif isinstance(settings, Kept):
        place = settings.path
    key = name, place
    if key not in known:
        if place:
            known[key] = price_dataset(place, name)
        else:
            there = int((sets.get(name, drawn).labels >= 0).sum())
            known[key] = Price(None, there, None, None, (BEFORE.format(name=name),))
    return known[key]


def price_dataset(place: str | Path, name: str) -> Price:
    """Add up what a dataset's runs have written down.

    Args:
        place: its folder.
        name: what notes call it.
    """
    dataset = Dataset.open(place)
    view = dataset.view
    records = dataset.read_records(view, scores=False)
    obtained = int(records.column("error").null_count)
    events = dataset.events()
    attempted, notes = _count_attempts(dataset, events, records.num_rows), []
    if attempted is None:
        notes.append(UNCOUNTED.format(name=name))
    mine = {view.plan, view.images, *view.features.values(), *view.scores.values()}
    stages = [
        event
        for event in events
        if event.get("event") == "stage" and mine & set(event.get("tables") or ())
    ]
    seconds = sum(float(event.get("seconds") or 0) for event in stages)
    picking = [float(event["seconds"]) for event in events if event.get("event") == "picking"]
    seconds += picking[0] if picking else 0.0  # a run that goes on picks again, the same images
    gpus = [event.get("gpus") for event in stages]
    hours = None
    if any(one is None for one in gpus):
        notes.append(UNTIMED.format(name=name))
    else:
        hours = sum(float(event["seconds"]) * event["gpus"] / HOUR_S for event in stages)
    return Price(attempted, obtained, seconds, hours, tuple(notes))


def _count_attempts(dataset: Dataset, events: Sequence[dict[str, Any]], rows: int) -> int | None:
    """Candidates: all images of the pool where images are picked, as the runs say; elsewhere every
    planned image."""
    logged = [event["candidates"] for event in events if event.get("candidates") is not None]
    if logged:
        return int(logged[-1])
    try:
        kind = list_kinds("sources").usable.get(dataset.recipe_content()["source"]["kind"])
    except (OSError, KeyError, TypeError, RecipeError) as fault:
        raise DatasetError(f"{dataset.path}: recipe.yaml can't be read ({fault})") from None
    if kind is None or not kind.settings.lists_images or kind.settings.brings_classes:
        return rows
    return None
