"""Reads the trials of an experiment's folder as tables of classes."""

from __future__ import annotations

from pathlib import Path

from synthset.errors import DatasetError
from synthset.experiment.class_tables import ClassTable
from synthset.experiment.trials import FACTS, read_trial
from synthset.recipe.experiment import load_experiment
from synthset.results.class_statistics import judge_trial
from synthset.results.trial import Trial

SETTINGS = "experiment.yaml"


def read_experiment(
    folder: str | Path, *, published: bool = False
) -> list[tuple[ClassTable, ClassTable | None]]:
    """Turn each trial into a table of its classes.

    Args:
        folder: that `synthset experiment` made.
        published: as `judge_trial`.

    Returns:
        A table for each trial, arms in the experiment's order and then by seed, with the base
        arm's of the same seed beside it (None for the base arm itself). A class's name is its
        label.

    Raises:
        DatasetError: no experiment, or no trial of its arms.
    """
    folder = Path(folder)
    if not (folder / SETTINGS).exists():
        raise DatasetError(
            f"{folder}: has no {SETTINGS}; name a CSV table or the folder of an experiment"
        )
    experiment = load_experiment(str(folder / SETTINGS))
    trials, notes = _trials(folder)
    tables = {
        (arm.name, seed): _table(trials[arm.name, seed], notes.get((arm.name, seed), ()), published)
        for arm in experiment.arms
        for seed in experiment.seeds
        if (arm.name, seed) in trials
    }
    if not tables:
        raise DatasetError(f"{folder}: contains no finished trial; run the experiment first")
    base = experiment.compared_with
    return [
        (table, tables.get((base, seed)) if name != base else None)
        for (name, seed), table in tables.items()
    ]


def _trials(folder: Path) -> tuple[dict[tuple[str, int], Trial], dict[tuple[str, int], list[str]]]:
    """The newest trial of each arm and seed; what was trained with other settings is noted."""
    found: dict[tuple[str, int], Trial] = {}
    notes: dict[tuple[str, int], list[str]] = {}
    places = sorted(folder.glob(f"trials/*/{FACTS}"), key=lambda place: place.stat().st_mtime)
    for place in places:
        trial = read_trial(place.parent)
        key = (trial.arm, trial.seed)
        if key in found:
            notes[key] = ["trained more than once, with different settings; this is the newest"]
        found[key] = trial
    return found, notes


def _table(trial: Trial, notes: list[str] | tuple[str, ...], published: bool) -> ClassTable:
    labels = range(trial.probabilities.shape[1])
    return ClassTable(
        name=f"{trial.arm}, seed {trial.seed}",
        indices=tuple(labels),
        names=tuple(map(str, labels)),
        figures=judge_trial(trial, published=published),
        notes=tuple(notes),
    )
