"""Tells what an experiment would do, before it does anything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence

from synthset.experiment.arms import compose
from synthset.experiment.sets import Sets
from synthset.experiment.suites.run_suites import describe_conventions, open_suites
from synthset.experiment.tuning import refuse_few
from synthset.machine import Silent
from synthset.recipe.arms import Arm, ArmPart
from synthset.recipe.experiment import Experiment, Made
from synthset.recipe.suites import Conventions
from synthset.results.judgement_tables import OWN_JUDGE

LISTED = 12  # classes whose counts are spelt out


def preview(experiment: Experiment, suites: Conventions | None = None) -> Iterator[str]:
    """Count the images of every arm for the first seed, and say what suites measure; nothing is
    written.

    Args:
        experiment: what would run.
        suites: by which conventions; none leaves the suites out.

    Raises:
        RecipeError: the experiment or a suite asks for something impossible.
        ModelError: a library or model of a suite is missing.
    """
    with tempfile.TemporaryDirectory() as scratch:
        sets = Sets(scratch, experiment, Silent(), match=False)
        opened = () if suites is None else open_suites(sets, suites)
        yield from _real(sets)
        yield from _matching(experiment)
        yield from _arms(sets)
        for code in sets.list_code(suites is not None):
            yield f"warning: this runs code from outside synthset: {code}"
    for suite in opened:
        measures = suite.measures
        what = measures[0].note if len(measures) == 1 else ", ".join(one.text for one in measures)
        yield f"suite {suite.name}: {what}"
    if suites is not None:
        yield from (f"* {said}" for said in describe_conventions(opened, suites))


def _real(sets: Sets) -> Iterator[str]:
    real, drawn = sets.real, sets.draw_split(sets.experiment.seeds[0])
    yield f"classes: {len(real.classes)} ({_some([names[0] for names in real.classes])})"
    counts = (len(drawn.train), len(drawn.val), len(drawn.test))
    yield "real images: {:,} training, {:,} validation, {:,} test".format(*counts)
    if drawn.copies:
        yield f"left out because a test image is identical: {drawn.copies:,}"
    for name, images in (("train", real.images), ("test", real.test)):
        if images is not None:
            yield from (f"real.{name}: {said}" for said in (*images.found, *images.notes))
    yield from real.notes


def _matching(experiment: Experiment) -> Iterator[str]:
    """Say which sets are matched to the real images before an arm takes images of them."""
    splits = len(experiment.seeds) if experiment.real.redraw else 1
    for name in experiment.used_sets:
        if cues := experiment.sets[name].matched_cues:
            yield (
                f"cues: {', '.join(cues)} of {name} are matched to the real training images, once "
                f"for each split ({splits}), before anything is trained; no time given here "
                "includes that"
            )


def _arms(sets: Sets) -> Iterator[str]:
    experiment = sets.experiment
    sets.check_present(sets.draw_split(experiment.seeds[0]))
    for i, arm in enumerate(experiment.arms):
        for field in ("pretrain", "parts"):
            if parts := getattr(arm.draw_randomly(), field):
                yield f"{arm.name}, {field}: {_count(sets, parts, f'arms[{i}].{field}')}"
        judge = f"arm {arm.judge}" if arm.judge else f"a classifier trained on {OWN_JUDGE}"
        for part in arm.choosing:
            yield f"{arm.name}: {part.set} chosen by {part.choose}, judged by {judge}"
        refuse_few(arm, f"arms[{i}]", sets, experiment.seeds[0])
    yield from _judges(experiment)
    counts, seeds = [len(arm.candidates) for arm in experiment.arms], len(experiment.seeds)
    more = sum(counts) - len(counts)
    tried = f", and {more} more draws to choose from × {seeds} seeds" if more else ""
    yield (
        f"trainings: {sum(counts) * seeds} ({len(counts)} arms × {seeds} seeds{tried}), "
        f"{experiment.training.updates:,} updates of {experiment.training.batch_size} images each"
    )
    if again := len(counts) * len(experiment.smaller_seeds):
        yield (
            f"smaller budget: {again} more trainings ({len(counts)} arms × "
            f"{len(experiment.smaller_seeds)} seeds), {experiment.smaller_updates:,} updates each"
        )


def _judges(experiment: Experiment) -> Iterator[str]:
    """Say what is trained before the arms, to choose images by."""
    every = [one for arm in experiment.arms for one in arm.candidates]
    judges = {_describe_training(experiment.find_judge(one)) for one in every if one.choosing}
    arms = {_describe_training(one) for one in every if not one.choosing}
    if judges:
        yield (
            f"judges: {len(judges)} × {len(experiment.seeds)} seeds, trained first, by which arms "
            f"choose images; {len(judges & arms)} of them are arms"
        )


def _describe_training(arm: Arm) -> str:
    """What an arm trains, whatever it is called."""
    before = {"pretrain": arm.pretrain, "pretrain_share": arm.pretrain_share}
    return arm.reduce("judge", arm.parts).model_copy(update=before).model_dump_json()


def _count(sets: Sets, parts: Sequence[ArmPart], where: str) -> str:
    """Counts of the parts that are there already, and which come later."""
    experiment, drawn = sets.experiment, sets.draw_split(sets.experiment.seeds[0])
    there: list[ArmPart] = []
    for part in parts:
        if isinstance(experiment.sets.get(part.set), Made):
            break
        there.append(part)
    said = []
    if there:
        composed = compose(there, sets, drawn, where)
        counts = composed.images.count_images(len(sets.real.classes))
        said += [f"{int(one.sum()):,} {name}" for name, one in counts.items()]
        said += [f"short: {note}" for note in composed.short]
    for part in parts[len(there) :]:
        made = isinstance(experiment.sets.get(part.set), Made)
        if made:
            sets.read_checked_recipe(part.set, drawn)  # read, so that a mistake shows now
        amount = f"{part.asked}: {getattr(part, part.asked)}" if part.asked else "all"
        then = "then " if said else ""
        when = f"{'made' if made else 'counted'} during the run"
        said.append(f"{then}{part.set} ({amount}; {when})")
    return ", ".join(said)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:LISTED]) + (", …" if len(names) > LISTED else "")
