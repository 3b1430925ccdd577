"""Tells what an experiment would do, before it does anything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from synthset.experiment.arms import compose
from synthset.experiment.sets import Sets
from synthset.experiment.splits import RealSplit, Split, read_real, split
from synthset.machine import Silent
from synthset.recipe.experiment import ArmPart, Experiment, Made

LISTED = 12  # classes whose counts are spelt out


def preview(experiment: Experiment) -> Iterator[str]:
    """Count the images of every arm for the first seed; nothing is written.

    Raises:
        RecipeError: the experiment asks for something impossible.
    """
    real = read_real(experiment.real)
    drawn = split(experiment.real, real, experiment.seeds[0])
    yield f"classes: {len(real.classes)} ({_some([names[0] for names in real.classes])})"
    counts = (len(drawn.train), len(drawn.val), len(drawn.test))
    yield "real images: {:,} train, {:,} validate, {:,} test".format(*counts)
    if drawn.copies:
        yield f"left out, since the test has the same bytes: {drawn.copies:,}"
    for name, images in (("train", real.images), ("test", real.test)):
        if images is not None:
            yield from (f"real.{name}: {said}" for said in (*images.found, *images.notes))
    yield from real.notes
    with tempfile.TemporaryDirectory() as scratch:
        sets = Sets(Path(scratch), experiment, real, Silent())
        sets.check_present(drawn)
        for i, arm in enumerate(experiment.arms):
            for field in ("pretrain", "parts"):
                parts = getattr(arm, field)
                if parts:
                    yield f"{arm.name}, {field}: " + _told(
                        experiment, parts, real, drawn, sets, f"arms[{i}].{field}"
                    )
    each, total = experiment.training.updates, len(experiment.arms) * len(experiment.seeds)
    yield (
        f"trainings: {total} ({len(experiment.arms)} arms × {len(experiment.seeds)} seeds), "
        f"{each:,} updates of {experiment.training.batch_size} images each"
    )


def _told(
    experiment: Experiment,
    parts: Sequence[ArmPart],
    real: RealSplit,
    drawn: Split,
    sets: Sets,
    where: str,
) -> str:
    """Counts of the parts that are there already, and which come later."""
    there: list[ArmPart] = []
    for part in parts:
        if isinstance(experiment.sets.get(part.set), Made):
            break
        there.append(part)
    said = []
    if there:
        composed = compose(there, real, drawn, sets, where)
        counts = composed.images.counts(len(real.classes))
        said += [f"{int(one.sum()):,} {name}" for name, one in counts.items()]
        said += [f"short: {note}" for note in composed.short]
    for part in parts[len(there) :]:
        if isinstance(experiment.sets.get(part.set), Made):
            sets.checked(part.set, drawn)  # read, so that a mistake shows now
        said.append(f"then {part.set}, {part.asked or 'all'}, made when it runs")
    return ", ".join(said)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:LISTED]) + (", …" if len(names) > LISTED else "")
